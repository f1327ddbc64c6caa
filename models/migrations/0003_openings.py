from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0002_appointments')]

    initial = False

    operations = [
        ops.CreateModel(
            name='MarketRow',
            fields=[
                ('market_key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=160)),
                ('position', fields.IntField()),
                ('data', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'markets', 'app': 'models', 'pk_attr': 'market_key', 'table_description': '街期: when one market is held.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='OpeningRow',
            fields=[
                ('rule_key', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=160)),
                ('position', fields.IntField()),
                ('data', fields.JSONField(encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
            ],
            options={'table': 'openings', 'app': 'models', 'pk_attr': 'rule_key', 'table_description': '开放安排: one order of the office that opens or closes a hall or some of its windows.'},
            bases=['Model'],
        ),
    ]
