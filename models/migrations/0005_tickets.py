from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0004_indexes')]

    initial = False

    operations = [
        ops.CreateModel(
            name='LineRow',
            fields=[
                ('line_key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ('letter_key', fields.CharField(unique=True, max_length=32)),
                ('letter', fields.CharField(max_length=1)),
                ('issued', fields.IntField(default=0)),
                ('calls', fields.IntField(default=0)),
                ('plain', fields.IntField()),
            ],
            options={'table': 'lines', 'app': 'models', 'pk_attr': 'line_key', 'table_description': '队: one kind of window of one hall on one day, whoever calls or draws holds this row, ``issued`` has no gaps.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TicketRow',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('number_key', fields.CharField(unique=True, max_length=40)),
                ('request_key', fields.CharField(unique=True, max_length=160)),
                ('number', fields.CharField(max_length=8)),
                ('hall_id', fields.CharField(max_length=16)),
                ('window_type', fields.CharField(max_length=32)),
                ('day', fields.DateField()),
                ('line_key', fields.CharField(db_index=True, max_length=80)),
                ('kind', fields.CharField(max_length=8)),
                ('appointment_id', fields.UUIDField(null=True, unique=True)),
                ('person_id', fields.UUIDField(null=True, db_index=True)),
                ('reason', fields.CharField(default='', max_length=10)),
                ('note', fields.CharField(default='', max_length=200)),
                ('item_code', fields.CharField(null=True, max_length=16)),
                ('minutes', fields.IntField()),
                ('arrived_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('status', fields.CharField(max_length=8)),
                ('behind', fields.IntField(null=True)),
                ('readmitted', fields.BooleanField(default=False)),
                ('calls', fields.IntField(default=0)),
                ('called_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('window', fields.CharField(null=True, max_length=16)),
                ('window_key', fields.CharField(null=True, unique=True, max_length=48)),
                ('served_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('transferred_from', fields.CharField(null=True, max_length=32)),
                ('transfer_reason', fields.CharField(default='', max_length=200)),
                ('alert_sent_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'tickets', 'app': 'models', 'pk_attr': 'id', 'table_description': '号: somebody who waits in a hall, was served or went away, the number is read out, a remark changes nothing.'},
            bases=['Model'],
        ),
    ]
