"""trials of authors"""

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
from alembic import op

revision = "ea09a767dff0"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draft_trial",
        sa.Column("draft_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("pack_digest", sa.String(length=71), nullable=False),
        sa.Column("solutions", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_draft_trial_draft_id_draft"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["pack_digest"], ["blob.digest"], name=op.f("fk_draft_trial_pack_digest_blob")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_draft_trial_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_trial")),
    )
    with op.batch_alter_table("draft_trial", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_trial_draft_id"), ["draft_id"], unique=False)

    op.add_column("grading_job", sa.Column("last_detail", sa.String(length=200), nullable=True))
    _contexts("context IN ('run', 'contest', 'trial')")


def _contexts(allowed: str) -> None:
    """SQLite's copy of a table leaves its checks behind; PostgreSQL has to drop the old one."""
    with op.batch_alter_table("submission", recreate="auto") as batch_op:
        if op.get_bind().dialect.name == "postgresql":
            batch_op.drop_constraint(op.f("ck_submission_context"), type_="check")
        batch_op.create_check_constraint(op.f("ck_submission_context"), allowed)


def downgrade() -> None:
    _contexts("context IN ('run', 'contest')")
    with op.batch_alter_table("grading_job", schema=None) as batch_op:
        batch_op.drop_column("last_detail")

    with op.batch_alter_table("draft_trial", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_trial_draft_id"))

    op.drop_table("draft_trial")
