"""What anybody meets of products: the catalogue, a product, its order, and what was bought."""
