from django.forms.renderers import DjangoTemplates


class Renderer(DjangoTemplates):
    """Lets `{{ form }}` and `{{ field.as_field_group }}` render as the components do."""

    form_template_name = "ui/components/form.html"
    field_template_name = "ui/components/field.html"
