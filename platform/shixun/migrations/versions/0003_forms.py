"""Labs without code: the form of a lab version, and what trainees have typed into it."""

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
from alembic import op

revision = "0003"
down_revision = "bf34bffa2d3c"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("lab_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("form", _JSON, server_default="[]", nullable=False))
    op.create_table(
        "form_answer",
        sa.Column("work_id", sa.String(length=20), nullable=False),
        sa.Column("field", sa.String(length=41), nullable=False),
        sa.Column("typed", _JSON, nullable=False),
        sa.Column("writer", sa.String(length=32), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["work_id"], ["lab_work.id"], name=op.f("fk_form_answer_work_id_lab_work")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_answer")),
        sa.UniqueConstraint("work_id", "field", name=op.f("uq_form_answer_work_id_field")),
    )
    with op.batch_alter_table("form_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_form_answer_work_id"), ["work_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("form_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_form_answer_work_id"))
    op.drop_table("form_answer")
    with op.batch_alter_table("lab_version", schema=None) as batch_op:
        batch_op.drop_column("form")
