"""Who the tenants are: their rows in the shared plane, their schemas, roles and rights."""
