from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0003_openings')]

    initial = False

    operations = [
        ops.AlterField(
            model_name='Appointment',
            name='day',
            field=fields.DateField(db_index=True),
        ),
        ops.AlterField(
            model_name='Waiting',
            name='state',
            field=fields.CharField(db_index=True, max_length=10),
        ),
    ]
