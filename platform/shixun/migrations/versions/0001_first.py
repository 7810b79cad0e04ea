"""All tables of the first release, and the triggers that keep evidence append-only.

Long because a migration is one step: half of the first release's tables are of no use to anybody.
"""

import sqlalchemy as sa
import sqlalchemy.dialects.postgresql
from alembic import op

from shixun.ledger import protection

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("center_id", sa.String(length=20), nullable=True),
        sa.Column("person_id", sa.String(length=20), nullable=True),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("target", sa.String(length=120), nullable=False),
        sa.Column("details", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_person_id"), ["person_id"], unique=False)

    op.create_table(
        "blob",
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
    )
    op.create_table(
        "center",
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=False),
        sa.Column("functional_kind", sa.String(length=20), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_center")),
        sa.UniqueConstraint("slug", name=op.f("uq_center_slug")),
    )
    op.create_table(
        "course",
        sa.Column("slug", sa.String(length=41), nullable=False),
        sa.Column("current_digest", sa.String(length=71), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("slug", name=op.f("uq_course_slug")),
    )
    op.create_table(
        "lab",
        sa.Column("slug", sa.String(length=41), nullable=False),
        sa.Column("current_digest", sa.String(length=71), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab")),
        sa.UniqueConstraint("slug", name=op.f("uq_lab_slug")),
    )
    op.create_table(
        "ledger_head_list",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.String(length=88), nullable=False),
        sa.Column("public_key", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_head_list")),
    )
    op.create_table(
        "outbox_entry",
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.String(length=20), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_entry")),
    )
    with op.batch_alter_table("outbox_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_entry_available_at"), ["available_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_entry_done_at"), ["done_at"], unique=False)

    op.create_table(
        "person",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("hub_user", sa.String(length=20), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("hub_user", name=op.f("uq_person_hub_user")),
        sa.UniqueConstraint("username", name=op.f("uq_person_username")),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_failure_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_sign_in_failure_username_created_at", ["username", "created_at"], unique=False)

    op.create_table(
        "contest",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("pack_digest", sa.String(length=71), nullable=False),
        sa.Column("title", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("summary", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("field", sa.String(length=41), nullable=False),
        sa.Column("format", sa.String(length=41), nullable=False),
        sa.Column("team_min", sa.Integer(), nullable=False),
        sa.Column("team_max", sa.Integer(), nullable=False),
        sa.Column("divisions", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("freeze_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("secret", sa.LargeBinary(length=32), nullable=False),
        sa.Column("board_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("board_version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "freeze_at IS NULL OR (freeze_at >= starts_at AND freeze_at <= ends_at)", name=op.f("ck_contest_freeze")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_contest_window")),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_contest_center_id_center")),
        sa.ForeignKeyConstraint(["pack_digest"], ["blob.digest"], name=op.f("fk_contest_pack_digest_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest")),
    )
    with op.batch_alter_table("contest", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contest_center_id"), ["center_id"], unique=False)

    op.create_table(
        "contest_pack",
        sa.Column("slug", sa.String(length=41), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("title", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_contest_pack_digest_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_pack")),
        sa.UniqueConstraint("digest", name=op.f("uq_contest_pack_digest")),
    )
    with op.batch_alter_table("contest_pack", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contest_pack_slug"), ["slug"], unique=False)

    op.create_table(
        "course_offer",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("course_id", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_course_offer_center_id_center")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_offer_course_id_course")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_offer")),
        sa.UniqueConstraint("center_id", "course_id", name=op.f("uq_course_offer_center_id_course_id")),
    )
    with op.batch_alter_table("course_offer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_offer_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_course_offer_course_id"), ["course_id"], unique=False)

    op.create_table(
        "course_version",
        sa.Column("course_id", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("rendering", sa.Integer(), nullable=False),
        sa.Column("title", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("summary", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("audience", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("field", sa.String(length=41), nullable=False),
        sa.Column("class_hours", sa.Double(), nullable=False),
        sa.Column("goals", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column(
            "prerequisites", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("units", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_version_course_id_course")),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_course_version_digest_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_version")),
        sa.UniqueConstraint("course_id", "digest", name=op.f("uq_course_version_course_id_digest")),
    )
    with op.batch_alter_table("course_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_version_course_id"), ["course_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_course_version_digest"), ["digest"], unique=False)

    op.create_table(
        "lab_version",
        sa.Column("lab_id", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("rendering", sa.Integer(), nullable=False),
        sa.Column("title", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("summary", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=41), nullable=False),
        sa.Column("has_checks", sa.Boolean(), nullable=False),
        sa.Column("plant", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("limits", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("grades", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("hints", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("steps", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("release_digest", sa.String(length=71), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_lab_version_digest_blob")),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_lab_version_lab_id_lab")),
        sa.ForeignKeyConstraint(["release_digest"], ["blob.digest"], name=op.f("fk_lab_version_release_digest_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_version")),
        sa.UniqueConstraint("lab_id", "digest", name=op.f("uq_lab_version_lab_id_digest")),
    )
    with op.batch_alter_table("lab_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lab_version_digest"), ["digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_lab_version_lab_id"), ["lab_id"], unique=False)

    op.create_table(
        "ledger_chain",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_ledger_chain_center_id_center")),
        sa.PrimaryKeyConstraint("center_id", name=op.f("pk_ledger_chain")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("subject_id", sa.String(length=20), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("canonical", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_ledger_entry_center_id_center")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("center_id", "kind", "key", name=op.f("uq_ledger_entry_center_id_kind_key")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_center_id_subject_id", ["center_id", "subject_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=20), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_membership_center_id_center")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("person_id", "center_id", name=op.f("uq_membership_person_id_center_id")),
        sa.UniqueConstraint("subject_id", name=op.f("uq_membership_subject_id")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_person_id"), ["person_id"], unique=False)

    op.create_table(
        "oauth_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("redirect_uri", sa.String(length=300), nullable=False),
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("nonce", sa.String(length=200), nullable=True),
        sa.Column("code_challenge", sa.String(length=128), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claims", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_oauth_code_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_oauth_code_code_hash")),
    )
    with op.batch_alter_table("oauth_code", schema=None) as batch_op:
        batch_op.create_index("ix_oauth_code_client_id_nonce", ["client_id", "nonce"], unique=False)
        batch_op.create_index(batch_op.f("ix_oauth_code_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "pack_file",
        sa.Column("pack_digest", sa.String(length=71), nullable=False),
        sa.Column("path", sa.String(length=240), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("blob_digest", sa.String(length=71), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["blob_digest"], ["blob.digest"], name=op.f("fk_pack_file_blob_digest_blob")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_file")),
        sa.UniqueConstraint("pack_digest", "path", name=op.f("uq_pack_file_pack_digest_path")),
    )
    with op.batch_alter_table("pack_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pack_file_pack_digest"), ["pack_digest"], unique=False)

    op.create_table(
        "role_assignment",
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("center_id", sa.String(length=20), nullable=True),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("granted_by", sa.String(length=20), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(center_id IS NULL) = (role = 'platform-administrator')", name=op.f("ck_role_assignment_scope")
        ),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_role_assignment_center_id_center")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_role_assignment_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_assignment")),
        sa.UniqueConstraint("person_id", "role", "center_id", name=op.f("uq_role_assignment_person_id_role_center_id")),
    )
    with op.batch_alter_table("role_assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_assignment_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_assignment_person_id"), ["person_id"], unique=False)

    op.create_table(
        "roster_import",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("rows", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_ids", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=True),
        sa.Column("handed_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_roster_import_center_id_center")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_roster_import_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_import")),
    )
    with op.batch_alter_table("roster_import", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roster_import_center_id"), ["center_id"], unique=False)

    op.create_table(
        "sign_in_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_session_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_session")),
    )
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_session_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_session_person_id"), ["person_id"], unique=False)

    op.create_table(
        "submission",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("context", sa.String(length=10), nullable=False),
        sa.Column("context_id", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("lab", sa.String(length=64), nullable=False),
        sa.Column("pack_digest", sa.String(length=71), nullable=False),
        sa.Column("files_digest", sa.String(length=71), nullable=False),
        sa.Column("max_points", sa.Double(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("map_seed", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("context IN ('run', 'contest')", name=op.f("ck_submission_context")),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_submission_center_id_center")),
        sa.ForeignKeyConstraint(["files_digest"], ["blob.digest"], name=op.f("fk_submission_files_digest_blob")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_submission_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_submission_person_id_key")),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_submission_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submission_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_submission_place", ["center_id", "context", "context_id", "item", "owner_id"], unique=False
        )

    op.create_table(
        "volume_line",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("subject_id", sa.String(length=20), nullable=False),
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("class_hours", sa.Integer(), nullable=False),
        sa.Column("person_times", sa.Integer(), nullable=False),
        sa.Column("credited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_volume_line_center_id_center")),
        sa.PrimaryKeyConstraint("center_id", "subject_id", "run_id", "year", name=op.f("pk_volume_line")),
    )
    with op.batch_alter_table("volume_line", schema=None) as batch_op:
        batch_op.create_index("ix_volume_line_center_id_year", ["center_id", "year"], unique=False)

    op.create_table(
        "volume_run",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("run_id", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_volume_run_center_id_center")),
        sa.PrimaryKeyConstraint("center_id", "run_id", name=op.f("pk_volume_run")),
    )
    op.create_table(
        "volume_state",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("head_hash", sa.String(length=64), nullable=False),
        sa.Column("head_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rule", sa.String(length=80), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("daily_cap_minutes", sa.Integer(), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_volume_state_center_id_center")),
        sa.PrimaryKeyConstraint("center_id", name=op.f("pk_volume_state")),
    )
    op.create_table(
        "volume_year",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_volume_year_center_id_center")),
        sa.PrimaryKeyConstraint("center_id", "year", name=op.f("pk_volume_year")),
    )
    op.create_table(
        "contest_board",
        sa.Column("contest_id", sa.String(length=20), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("json", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name=op.f("fk_contest_board_contest_id_contest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_board")),
        sa.UniqueConstraint(
            "contest_id", "audience", "version", name=op.f("uq_contest_board_contest_id_audience_version")
        ),
    )
    with op.batch_alter_table("contest_board", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contest_board_contest_id"), ["contest_id"], unique=False)

    op.create_table(
        "contest_challenge",
        sa.Column("contest_id", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=41), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("title", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("lab_slug", sa.String(length=41), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name=op.f("fk_contest_challenge_contest_id_contest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_challenge")),
        sa.UniqueConstraint("contest_id", "slug", name=op.f("uq_contest_challenge_contest_id_slug")),
    )
    with op.batch_alter_table("contest_challenge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contest_challenge_contest_id"), ["contest_id"], unique=False)

    op.create_table(
        "contest_entry",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("contest_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("division", sa.String(length=41), nullable=False),
        sa.Column("invite", sa.String(length=20), nullable=False),
        sa.Column("captain_id", sa.String(length=20), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("key", sa.String(length=30), nullable=False),
        sa.Column("public_points", sa.Double(), nullable=False),
        sa.Column("public_key", sa.String(length=30), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["captain_id"], ["person.id"], name=op.f("fk_contest_entry_captain_id_person")),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_contest_entry_center_id_center")),
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name=op.f("fk_contest_entry_contest_id_contest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_entry")),
        sa.UniqueConstraint("contest_id", "name", name=op.f("uq_contest_entry_contest_id_name")),
        sa.UniqueConstraint("invite", name=op.f("uq_contest_entry_invite")),
    )
    with op.batch_alter_table("contest_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contest_entry_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contest_entry_contest_id"), ["contest_id"], unique=False)
        batch_op.create_index("ix_contest_entry_rank", ["contest_id", "division", "key"], unique=False)

    op.create_table(
        "course_item",
        sa.Column("version_id", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("slug", sa.String(length=41), nullable=False),
        sa.Column("title", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("lab_slug", sa.String(length=41), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["course_version.id"], name=op.f("fk_course_item_version_id_course_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_item")),
        sa.UniqueConstraint("version_id", "slug", name=op.f("uq_course_item_version_id_slug")),
    )
    with op.batch_alter_table("course_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_item_version_id"), ["version_id"], unique=False)

    op.create_table(
        "grading_job",
        sa.Column("submission_id", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_id", sa.String(length=20), nullable=True),
        sa.Column("worker", sa.String(length=80), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure", sa.String(length=40), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_grading_job_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_job")),
    )
    with op.batch_alter_table("grading_job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grading_job_available_at"), ["available_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_grading_job_done_at"), ["done_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_grading_job_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "lab_work",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("context", sa.String(length=10), nullable=False),
        sa.Column("context_id", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("owner_id", sa.String(length=20), nullable=False),
        sa.Column("lab_version_id", sa.String(length=20), nullable=False),
        sa.Column("map_seed", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("context IN ('run', 'contest')", name=op.f("ck_lab_work_context")),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_lab_work_center_id_center")),
        sa.ForeignKeyConstraint(
            ["lab_version_id"], ["lab_version.id"], name=op.f("fk_lab_work_lab_version_id_lab_version")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lab_work_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_work")),
        sa.UniqueConstraint(
            "context", "context_id", "item", "person_id", name=op.f("uq_lab_work_context_context_id_item_person_id")
        ),
    )
    with op.batch_alter_table("lab_work", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lab_work_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lab_work_person_id"), ["person_id"], unique=False)

    op.create_table(
        "ledger_correction",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("entry_id", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("requested_by", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(decided_by IS NULL) = (approved IS NULL)", name=op.f("ck_ledger_correction_decision")),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> requested_by", name=op.f("ck_ledger_correction_second_person")
        ),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_ledger_correction_center_id_center")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_ledger_correction_decided_by_person")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_correction_entry_id_ledger_entry")
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["person.id"], name=op.f("fk_ledger_correction_requested_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_correction")),
    )
    with op.batch_alter_table("ledger_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_correction_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_correction_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(
            "ix_ledger_correction_open",
            ["entry_id"],
            unique=True,
            sqlite_where=sa.text("decided_by IS NULL"),
            postgresql_where=sa.text("decided_by IS NULL"),
        )

    op.create_table(
        "ledger_pending",
        sa.Column("entry_id", sa.String(length=20), nullable=False),
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_pending_entry_id_ledger_entry")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_pending")),
    )
    with op.batch_alter_table("ledger_pending", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_pending_center_id"), ["center_id"], unique=False)

    op.create_table(
        "ledger_seal",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(length=20), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_ledger_seal_center_id_center")),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_ledger_seal_entry_id_ledger_entry")),
        sa.PrimaryKeyConstraint("center_id", "seq", name=op.f("pk_ledger_seal")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_ledger_seal_entry_id")),
    )
    op.create_table(
        "manual_grade",
        sa.Column("submission_id", sa.String(length=20), nullable=False),
        sa.Column("grade_id", sa.String(length=128), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_manual_grade_person_id_person")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submission.id"], name=op.f("fk_manual_grade_submission_id_submission")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_grade")),
    )
    with op.batch_alter_table("manual_grade", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_manual_grade_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "oauth_token",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code_id", sa.String(length=20), nullable=False),
        sa.Column("client_id", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["code_id"], ["oauth_code.id"], name=op.f("fk_oauth_token_code_id_oauth_code")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_oauth_token_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_oauth_token_token_hash")),
    )
    with op.batch_alter_table("oauth_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_oauth_token_code_id"), ["code_id"], unique=False)

    op.create_table(
        "question_set",
        sa.Column("version_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("slug", sa.String(length=41), nullable=False),
        sa.Column("rules", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("questions", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["course_version.id"], name=op.f("fk_question_set_version_id_course_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_set")),
        sa.UniqueConstraint("version_id", "kind", "slug", name=op.f("uq_question_set_version_id_kind_slug")),
    )
    with op.batch_alter_table("question_set", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_question_set_version_id"), ["version_id"], unique=False)

    op.create_table(
        "run",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("course_version_id", sa.String(length=20), nullable=False),
        sa.Column("title", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_minutes", sa.Integer(), nullable=False),
        sa.Column("class_hour_minutes", sa.Integer(), nullable=False),
        sa.Column("pass_share", sa.Double(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("self_enrolment", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_meetings", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=20), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("pass_share > 0 AND pass_share <= 1", name=op.f("ck_run_share")),
        sa.CheckConstraint("planned_minutes > 0", name=op.f("ck_run_planned")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_run_dates")),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_run_center_id_center")),
        sa.ForeignKeyConstraint(
            ["course_version_id"], ["course_version.id"], name=op.f("fk_run_course_version_id_course_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_run_course_version_id"), ["course_version_id"], unique=False)

    op.create_table(
        "contest_attempt",
        sa.Column("contest_id", sa.String(length=20), nullable=False),
        sa.Column("entry_id", sa.String(length=20), nullable=False),
        sa.Column("challenge_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("answer", sa.String(length=200), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("foreign_entry_id", sa.String(length=20), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"], ["contest_challenge.id"], name=op.f("fk_contest_attempt_challenge_id_contest_challenge")
        ),
        sa.ForeignKeyConstraint(["contest_id"], ["contest.id"], name=op.f("fk_contest_attempt_contest_id_contest")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["contest_entry.id"], name=op.f("fk_contest_attempt_entry_id_contest_entry")
        ),
        sa.ForeignKeyConstraint(
            ["foreign_entry_id"], ["contest_entry.id"], name=op.f("fk_contest_attempt_foreign_entry_id_contest_entry")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_contest_attempt_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_attempt")),
    )
    with op.batch_alter_table("contest_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contest_attempt_contest_id"), ["contest_id"], unique=False)
        batch_op.create_index("ix_contest_attempt_place", ["entry_id", "challenge_id", "created_at"], unique=False)

    op.create_table(
        "contest_entry_member",
        sa.Column("contest_id", sa.String(length=20), nullable=False),
        sa.Column("entry_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contest_id"], ["contest.id"], name=op.f("fk_contest_entry_member_contest_id_contest")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["contest_entry.id"], name=op.f("fk_contest_entry_member_entry_id_contest_entry")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_contest_entry_member_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_entry_member")),
        sa.UniqueConstraint("contest_id", "person_id", name=op.f("uq_contest_entry_member_contest_id_person_id")),
    )
    with op.batch_alter_table("contest_entry_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contest_entry_member_contest_id"), ["contest_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contest_entry_member_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contest_entry_member_person_id"), ["person_id"], unique=False)

    op.create_table(
        "contest_score_cell",
        sa.Column("entry_id", sa.String(length=20), nullable=False),
        sa.Column("challenge_id", sa.String(length=20), nullable=False),
        sa.Column("raw", sa.Double(), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_points", sa.Double(), nullable=False),
        sa.Column("public_received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["challenge_id"],
            ["contest_challenge.id"],
            name=op.f("fk_contest_score_cell_challenge_id_contest_challenge"),
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["contest_entry.id"], name=op.f("fk_contest_score_cell_entry_id_contest_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_score_cell")),
        sa.UniqueConstraint("entry_id", "challenge_id", name=op.f("uq_contest_score_cell_entry_id_challenge_id")),
    )
    with op.batch_alter_table("contest_score_cell", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contest_score_cell_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("run_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("enrolled_by", sa.String(length=20), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_enrolment_center_id_center")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_enrolment_person_id_person")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_enrolment_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("run_id", "person_id", name=op.f("uq_enrolment_run_id_person_id")),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_enrolment_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_enrolment_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_enrolment_run_id"), ["run_id"], unique=False)

    op.create_table(
        "lab_session",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("work_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("process_seed", sa.String(length=64), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopping_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why_ended", sa.String(length=20), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_lab_session_center_id_center")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lab_session_person_id_person")),
        sa.ForeignKeyConstraint(["work_id"], ["lab_work.id"], name=op.f("fk_lab_session_work_id_lab_work")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_session")),
    )
    with op.batch_alter_table("lab_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lab_session_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lab_session_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lab_session_work_id"), ["work_id"], unique=False)
        batch_op.create_index(
            "uq_lab_session_open",
            ["person_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "lesson_text",
        sa.Column("item_id", sa.String(length=20), nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column("headings", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("parts", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["course_item.id"], name=op.f("fk_lesson_text_item_id_course_item")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_lesson_text")),
    )
    op.create_table(
        "meeting",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("run_id", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_meeting_dates")),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_meeting_center_id_center")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_meeting_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_meeting_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_run_id"), ["run_id"], unique=False)

    op.create_table(
        "run_instructor",
        sa.Column("run_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_run_instructor_person_id_person")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_instructor_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "person_id", name=op.f("pk_run_instructor")),
    )
    op.create_table(
        "verdict",
        sa.Column("submission_id", sa.String(length=20), nullable=False),
        sa.Column("job_id", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.Column("notes", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("cells", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("feedback_digest", sa.String(length=71), nullable=True),
        sa.Column("environment", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("seconds", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("plant_log_digest", sa.String(length=71), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["feedback_digest"], ["blob.digest"], name=op.f("fk_verdict_feedback_digest_blob")),
        sa.ForeignKeyConstraint(["job_id"], ["grading_job.id"], name=op.f("fk_verdict_job_id_grading_job")),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_verdict_submission_id_submission")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
        sa.UniqueConstraint("job_id", name=op.f("uq_verdict_job_id")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_verdict_submission_id_number")),
    )
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verdict_submission_id"), ["submission_id"], unique=False)

    op.create_table(
        "work_file",
        sa.Column("work_id", sa.String(length=20), nullable=False),
        sa.Column("path", sa.String(length=240), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_work_file_digest_blob")),
        sa.ForeignKeyConstraint(["work_id"], ["lab_work.id"], name=op.f("fk_work_file_work_id_lab_work")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_file")),
        sa.UniqueConstraint("work_id", "path", name=op.f("uq_work_file_work_id_path")),
    )
    with op.batch_alter_table("work_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_file_work_id"), ["work_id"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("meeting_id", sa.String(length=20), nullable=False),
        sa.Column("enrolment_id", sa.String(length=20), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_attendance_center_id_center")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_attendance_enrolment_id_enrolment")),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_attendance_meeting_id_meeting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attendance_enrolment_id"), ["enrolment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attendance_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(
            "uq_attendance_open",
            ["meeting_id", "enrolment_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "attention",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("enrolment_id", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=41), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("opened_with", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_proof_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proofs", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_attention_center_id_center")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolment.id"], name=op.f("fk_attention_enrolment_id_enrolment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attention")),
        sa.UniqueConstraint("opened_with", name=op.f("uq_attention_opened_with")),
    )
    with op.batch_alter_table("attention", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attention_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attention_enrolment_id"), ["enrolment_id"], unique=False)
        batch_op.create_index(
            "ix_attention_open",
            ["last_beat_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "check_answer",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("enrolment_id", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=41), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("first_right", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_check_answer_center_id_center")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_check_answer_enrolment_id_enrolment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_answer")),
        sa.UniqueConstraint("enrolment_id", "question", name=op.f("uq_check_answer_enrolment_id_question")),
    )
    with op.batch_alter_table("check_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_answer_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_check_answer_enrolment_id"), ["enrolment_id"], unique=False)

    op.create_table(
        "check_in_failure",
        sa.Column("meeting_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_check_in_failure_meeting_id_meeting")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_check_in_failure_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in_failure")),
    )
    with op.batch_alter_table("check_in_failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_in_failure_meeting_id"), ["meeting_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_check_in_failure_person_id"), ["person_id"], unique=False)

    op.create_table(
        "item_progress",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("enrolment_id", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=41), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("max_points", sa.Double(), nullable=True),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_item_progress_center_id_center")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_item_progress_enrolment_id_enrolment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_progress")),
        sa.UniqueConstraint("enrolment_id", "item", name=op.f("uq_item_progress_enrolment_id_item")),
    )
    with op.batch_alter_table("item_progress", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_progress_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_item_progress_enrolment_id"), ["enrolment_id"], unique=False)

    op.create_table(
        "quiz_attempt",
        sa.Column("center_id", sa.String(length=20), nullable=False),
        sa.Column("enrolment_id", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=41), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("layout", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("max_points", sa.Double(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("result", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("stretch_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_proof_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proofs", sa.Integer(), nullable=False),
        sa.Column("stretches", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["center_id"], ["center.id"], name=op.f("fk_quiz_attempt_center_id_center")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_quiz_attempt_enrolment_id_enrolment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_attempt")),
        sa.UniqueConstraint("enrolment_id", "item", "number", name=op.f("uq_quiz_attempt_enrolment_id_item_number")),
    )
    with op.batch_alter_table("quiz_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quiz_attempt_center_id"), ["center_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quiz_attempt_enrolment_id"), ["enrolment_id"], unique=False)
        batch_op.create_index(
            "uq_quiz_attempt_open",
            ["enrolment_id", "item"],
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "quiz_answer",
        sa.Column("attempt_id", sa.String(length=20), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["quiz_attempt.id"], name=op.f("fk_quiz_answer_attempt_id_quiz_attempt")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_answer")),
        sa.UniqueConstraint("attempt_id", "question", name=op.f("uq_quiz_answer_attempt_id_question")),
    )
    with op.batch_alter_table("quiz_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quiz_answer_attempt_id"), ["attempt_id"], unique=False)

    connection = op.get_bind()
    for table in protection.TABLES:
        for statement in protection.statements_for(connection.dialect.name, table):
            connection.exec_driver_sql(statement)


def downgrade() -> None:
    with op.batch_alter_table("quiz_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quiz_answer_attempt_id"))

    op.drop_table("quiz_answer")
    with op.batch_alter_table("quiz_attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_quiz_attempt_open",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_quiz_attempt_enrolment_id"))
        batch_op.drop_index(batch_op.f("ix_quiz_attempt_center_id"))

    op.drop_table("quiz_attempt")
    with op.batch_alter_table("item_progress", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_item_progress_enrolment_id"))
        batch_op.drop_index(batch_op.f("ix_item_progress_center_id"))

    op.drop_table("item_progress")
    with op.batch_alter_table("check_in_failure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_in_failure_person_id"))
        batch_op.drop_index(batch_op.f("ix_check_in_failure_meeting_id"))

    op.drop_table("check_in_failure")
    with op.batch_alter_table("check_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_answer_enrolment_id"))
        batch_op.drop_index(batch_op.f("ix_check_answer_center_id"))

    op.drop_table("check_answer")
    with op.batch_alter_table("attention", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_attention_open", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_attention_enrolment_id"))
        batch_op.drop_index(batch_op.f("ix_attention_center_id"))

    op.drop_table("attention")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_attendance_open", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")
        )
        batch_op.drop_index(batch_op.f("ix_attendance_meeting_id"))
        batch_op.drop_index(batch_op.f("ix_attendance_enrolment_id"))
        batch_op.drop_index(batch_op.f("ix_attendance_center_id"))

    op.drop_table("attendance")
    with op.batch_alter_table("work_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_work_file_work_id"))

    op.drop_table("work_file")
    with op.batch_alter_table("verdict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verdict_submission_id"))

    op.drop_table("verdict")
    op.drop_table("run_instructor")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_run_id"))
        batch_op.drop_index(batch_op.f("ix_meeting_center_id"))

    op.drop_table("meeting")
    op.drop_table("lesson_text")
    with op.batch_alter_table("lab_session", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_lab_session_open",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_lab_session_work_id"))
        batch_op.drop_index(batch_op.f("ix_lab_session_person_id"))
        batch_op.drop_index(batch_op.f("ix_lab_session_center_id"))

    op.drop_table("lab_session")
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_enrolment_run_id"))
        batch_op.drop_index(batch_op.f("ix_enrolment_person_id"))
        batch_op.drop_index(batch_op.f("ix_enrolment_center_id"))

    op.drop_table("enrolment")
    with op.batch_alter_table("contest_score_cell", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contest_score_cell_entry_id"))

    op.drop_table("contest_score_cell")
    with op.batch_alter_table("contest_entry_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contest_entry_member_person_id"))
        batch_op.drop_index(batch_op.f("ix_contest_entry_member_entry_id"))
        batch_op.drop_index(batch_op.f("ix_contest_entry_member_contest_id"))

    op.drop_table("contest_entry_member")
    with op.batch_alter_table("contest_attempt", schema=None) as batch_op:
        batch_op.drop_index("ix_contest_attempt_place")
        batch_op.drop_index(batch_op.f("ix_contest_attempt_contest_id"))

    op.drop_table("contest_attempt")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_course_version_id"))
        batch_op.drop_index(batch_op.f("ix_run_center_id"))

    op.drop_table("run")
    with op.batch_alter_table("question_set", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_question_set_version_id"))

    op.drop_table("question_set")
    with op.batch_alter_table("oauth_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oauth_token_code_id"))

    op.drop_table("oauth_token")
    with op.batch_alter_table("manual_grade", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_manual_grade_submission_id"))

    op.drop_table("manual_grade")
    op.drop_table("ledger_seal")
    with op.batch_alter_table("ledger_pending", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ledger_pending_center_id"))

    op.drop_table("ledger_pending")
    with op.batch_alter_table("ledger_correction", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_ledger_correction_open",
            sqlite_where=sa.text("decided_by IS NULL"),
            postgresql_where=sa.text("decided_by IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_ledger_correction_entry_id"))
        batch_op.drop_index(batch_op.f("ix_ledger_correction_center_id"))

    op.drop_table("ledger_correction")
    with op.batch_alter_table("lab_work", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lab_work_person_id"))
        batch_op.drop_index(batch_op.f("ix_lab_work_center_id"))

    op.drop_table("lab_work")
    with op.batch_alter_table("grading_job", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grading_job_submission_id"))
        batch_op.drop_index(batch_op.f("ix_grading_job_done_at"))
        batch_op.drop_index(batch_op.f("ix_grading_job_available_at"))

    op.drop_table("grading_job")
    with op.batch_alter_table("course_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_item_version_id"))

    op.drop_table("course_item")
    with op.batch_alter_table("contest_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_contest_entry_rank")
        batch_op.drop_index(batch_op.f("ix_contest_entry_contest_id"))
        batch_op.drop_index(batch_op.f("ix_contest_entry_center_id"))

    op.drop_table("contest_entry")
    with op.batch_alter_table("contest_challenge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contest_challenge_contest_id"))

    op.drop_table("contest_challenge")
    with op.batch_alter_table("contest_board", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contest_board_contest_id"))

    op.drop_table("contest_board")
    op.drop_table("volume_year")
    op.drop_table("volume_state")
    op.drop_table("volume_run")
    with op.batch_alter_table("volume_line", schema=None) as batch_op:
        batch_op.drop_index("ix_volume_line_center_id_year")

    op.drop_table("volume_line")
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.drop_index("ix_submission_place")
        batch_op.drop_index(batch_op.f("ix_submission_person_id"))
        batch_op.drop_index(batch_op.f("ix_submission_center_id"))

    op.drop_table("submission")
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_session_person_id"))
        batch_op.drop_index(batch_op.f("ix_sign_in_session_expires_at"))

    op.drop_table("sign_in_session")
    with op.batch_alter_table("roster_import", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roster_import_center_id"))

    op.drop_table("roster_import")
    with op.batch_alter_table("role_assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_assignment_person_id"))
        batch_op.drop_index(batch_op.f("ix_role_assignment_center_id"))

    op.drop_table("role_assignment")
    with op.batch_alter_table("pack_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pack_file_pack_digest"))

    op.drop_table("pack_file")
    with op.batch_alter_table("oauth_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_oauth_code_expires_at"))
        batch_op.drop_index("ix_oauth_code_client_id_nonce")

    op.drop_table("oauth_code")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_person_id"))
        batch_op.drop_index(batch_op.f("ix_membership_center_id"))

    op.drop_table("membership")
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entry_center_id_subject_id")

    op.drop_table("ledger_entry")
    op.drop_table("ledger_chain")
    with op.batch_alter_table("lab_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lab_version_lab_id"))
        batch_op.drop_index(batch_op.f("ix_lab_version_digest"))

    op.drop_table("lab_version")
    with op.batch_alter_table("course_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_version_digest"))
        batch_op.drop_index(batch_op.f("ix_course_version_course_id"))

    op.drop_table("course_version")
    with op.batch_alter_table("course_offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_offer_course_id"))
        batch_op.drop_index(batch_op.f("ix_course_offer_center_id"))

    op.drop_table("course_offer")
    with op.batch_alter_table("contest_pack", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contest_pack_slug"))

    op.drop_table("contest_pack")
    with op.batch_alter_table("contest", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contest_center_id"))

    op.drop_table("contest")
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_failure_username_created_at")
        batch_op.drop_index("ix_sign_in_failure_created_at")

    op.drop_table("sign_in_failure")
    op.drop_table("person")
    with op.batch_alter_table("outbox_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_entry_done_at"))
        batch_op.drop_index(batch_op.f("ix_outbox_entry_available_at"))

    op.drop_table("outbox_entry")
    op.drop_table("ledger_head_list")
    op.drop_table("lab")
    op.drop_table("course")
    op.drop_table("center")
    op.drop_table("blob")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_person_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_center_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_action"))

    op.drop_table("audit_entry")
