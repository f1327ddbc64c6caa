from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from uuid import uuid4
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0001_initial')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Agent',
            fields=[
                ('person_id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('village_id', fields.CharField(db_index=True, max_length=16)),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('left_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'agents', 'app': 'models', 'pk_attr': 'person_id', 'table_description': '代办员: a WeChat person who acts for the neighbours of one village.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Appointment',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.CharField(unique=True, max_length=16)),
                ('request_key', fields.CharField(unique=True, max_length=160)),
                ('live_key', fields.CharField(null=True, unique=True, max_length=120)),
                ('limit_key', fields.CharField(null=True, unique=True, max_length=120)),
                ('hold_key', fields.CharField(null=True, unique=True, max_length=100)),
                ('subject', fields.CharField(db_index=True, max_length=80)),
                ('person_id', fields.UUIDField(null=True, db_index=True)),
                ('resident_id', fields.UUIDField(null=True)),
                ('agent_id', fields.UUIDField(null=True, db_index=True)),
                ('block_key', fields.CharField(null=True, db_index=True, max_length=160)),
                ('day_key', fields.CharField(db_index=True, max_length=80)),
                ('hall_id', fields.CharField(max_length=16)),
                ('window_type', fields.CharField(max_length=32)),
                ('day', fields.DateField()),
                ('item_code', fields.CharField(max_length=16)),
                ('item_version', fields.IntField()),
                ('starts_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('minutes', fields.IntField()),
                ('channel', fields.CharField(max_length=8)),
                ('state', fields.CharField(max_length=10)),
                ('counted', fields.BooleanField(default=True)),
                ('place_until', fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
                ('late_cancel', fields.BooleanField(default=False)),
                ('pardoned_by', fields.CharField(default='', max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'appointments', 'app': 'models', 'pk_attr': 'id', 'table_description': '预约: one resident, one item, one time, its keys are emptied when it ends, so the same can be booked again.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='BookingDay',
            fields=[
                ('day_key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=80)),
                ('hall_id', fields.CharField(max_length=16)),
                ('window_type', fields.CharField(max_length=32)),
                ('day', fields.DateField(db_index=True)),
                ('taken', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('online', fields.IntField(default=0)),
                ('agent', fields.IntField(default=0)),
            ],
            options={'table': 'booking_days', 'app': 'models', 'pk_attr': 'day_key', 'table_description': '预约日: what is taken of one day at one kind of window, one conditional update takes a place or finds none.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Notice',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('event_key', fields.CharField(unique=True, max_length=160)),
                ('kind', fields.CharField(max_length=24)),
                ('person_id', fields.UUIDField(db_index=True)),
                ('subject', fields.CharField(db_index=True, max_length=80)),
                ('data', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('due_at', fields.DatetimeField(null=True, db_index=True, auto_now=False, auto_now_add=False)),
                ('state', fields.CharField(max_length=10)),
                ('attempts', fields.IntField(default=0)),
                ('reason', fields.CharField(default='', max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'notices', 'app': 'models', 'pk_attr': 'id', 'table_description': '通知: what one person is told about one event, written with the event and sent afterwards.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Resident',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('reference', fields.CharField(unique=True, max_length=64)),
                ('sealed_name', fields.TextField(unique=False)),
                ('sealed_number', fields.TextField(unique=False)),
                ('priority', fields.CharField(default='', max_length=12)),
                ('person_id', fields.UUIDField(null=True, unique=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('verified_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('verified_by', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'residents', 'app': 'models', 'pk_attr': 'id', 'table_description': '居民: somebody who gave name and ID number, ``reference`` is a keyed digest of the number, the rest is sealed.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Waiting',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('request_key', fields.CharField(unique=True, max_length=160)),
                ('live_key', fields.CharField(null=True, unique=True, max_length=120)),
                ('subject', fields.CharField(max_length=80)),
                ('person_id', fields.UUIDField(db_index=True)),
                ('resident_id', fields.UUIDField(null=True)),
                ('day_key', fields.CharField(db_index=True, max_length=80)),
                ('hall_id', fields.CharField(max_length=16)),
                ('window_type', fields.CharField(max_length=32)),
                ('day', fields.DateField()),
                ('half', fields.CharField(default='', max_length=4)),
                ('item_code', fields.CharField(max_length=16)),
                ('item_version', fields.IntField()),
                ('minutes', fields.IntField()),
                ('state', fields.CharField(max_length=10)),
                ('appointment_id', fields.UUIDField(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'waiting_list', 'app': 'models', 'pk_attr': 'id', 'table_description': '候补: somebody who takes a place if one comes back.'},
            bases=['Model'],
        ),
    ]
