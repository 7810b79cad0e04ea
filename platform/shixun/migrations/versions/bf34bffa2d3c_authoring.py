"""drafts of authors, packs of a center"""

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
from alembic import op

revision = "bf34bffa2d3c"
down_revision = "0001"
branch_labels = None
depends_on = None

OF_PLATFORM = sa.text("center_id IS NULL")


def upgrade() -> None:
    op.create_table(
        "draft",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("slug", sa.String(length=41), nullable=False),
        sa.Column("title", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("base_digest", sa.String(length=71), nullable=True),
        sa.Column("base_version", sa.String(length=20), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('course', 'lab')", name=op.f("ck_draft_kind")),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_draft_center_id_center")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
        sa.UniqueConstraint("center_id", "kind", "slug", name=op.f("uq_draft_center_id_kind_slug")),
    )
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_center_id"), ["center_id"], unique=False)

    op.create_table(
        "draft_file",
        sa.Column("draft_id", sa.String(length=20), nullable=False),
        sa.Column("path", sa.String(length=240), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("saved_by", sa.String(length=20), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_draft_file_draft_id_draft"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["saved_by"], ["person.id"], name=op.f("fk_draft_file_saved_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_file")),
        sa.UniqueConstraint("draft_id", "path", name=op.f("uq_draft_file_draft_id_path")),
    )
    op.create_table(
        "draft_save",
        sa.Column("draft_id", sa.String(length=20), nullable=False),
        sa.Column("path", sa.String(length=240), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["draft.id"], name=op.f("fk_draft_save_draft_id_draft"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_draft_save_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft_save")),
    )
    with op.batch_alter_table("draft_save", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_save_draft_id"), ["draft_id"], unique=False)

    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.add_column(sa.Column("center_id", sa.String(length=20), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_course_slug"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_course_center_id_slug"), ["center_id", "slug"])
        batch_op.create_index(
            "uq_course_platform_slug",
            ["slug"],
            unique=True,
            sqlite_where=sa.text("center_id IS NULL"),
            postgresql_where=sa.text("center_id IS NULL"),
        )
        batch_op.create_foreign_key(batch_op.f("fk_course_center_id_center"), "center", ["center_id"], ["id"])

    with op.batch_alter_table("lab", schema=None) as batch_op:
        batch_op.add_column(sa.Column("center_id", sa.String(length=20), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_lab_slug"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_lab_center_id_slug"), ["center_id", "slug"])
        batch_op.create_index(
            "uq_lab_platform_slug",
            ["slug"],
            unique=True,
            sqlite_where=sa.text("center_id IS NULL"),
            postgresql_where=sa.text("center_id IS NULL"),
        )
        batch_op.create_foreign_key(batch_op.f("fk_lab_center_id_center"), "center", ["center_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("lab", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_lab_center_id_center"), type_="foreignkey")
        batch_op.drop_index(
            "uq_lab_platform_slug",
            sqlite_where=sa.text("center_id IS NULL"),
            postgresql_where=sa.text("center_id IS NULL"),
        )
        batch_op.drop_constraint(batch_op.f("uq_lab_center_id_slug"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_lab_slug"), ["slug"])
        batch_op.drop_column("center_id")

    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_course_center_id_center"), type_="foreignkey")
        batch_op.drop_index(
            "uq_course_platform_slug",
            sqlite_where=sa.text("center_id IS NULL"),
            postgresql_where=sa.text("center_id IS NULL"),
        )
        batch_op.drop_constraint(batch_op.f("uq_course_center_id_slug"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_course_slug"), ["slug"])
        batch_op.drop_column("center_id")

    with op.batch_alter_table("draft_save", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_save_draft_id"))

    op.drop_table("draft_save")
    op.drop_table("draft_file")
    with op.batch_alter_table("draft", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_center_id"))

    op.drop_table("draft")
