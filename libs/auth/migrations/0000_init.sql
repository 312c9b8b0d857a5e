CREATE TABLE "auth_peppers" (
	"id" text PRIMARY KEY NOT NULL,
	"secret" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth_revocations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "auth_revocations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"min_version" integer,
	"issued_before" bigint,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "auth_sessions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"epoch" integer NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"token_hash" "bytea" NOT NULL,
	"rotation_nonce" "bytea",
	"rotation_cause" text,
	"rotated_at" timestamp (3) with time zone,
	"transport" text NOT NULL,
	"persistent" boolean DEFAULT false NOT NULL,
	"auth_time" timestamp (3) with time zone NOT NULL,
	"amr" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"idle_expires_at" timestamp (3) with time zone NOT NULL,
	"absolute_expires_at" timestamp (3) with time zone NOT NULL,
	"created_ip" "inet",
	"last_ip" "inet",
	"user_agent" text,
	"ended_at" timestamp (3) with time zone,
	"end_reason" text
);
--> statement-breakpoint
CREATE TABLE "auth_subjects" (
	"subject" text PRIMARY KEY NOT NULL,
	"token_version" integer DEFAULT 1 NOT NULL,
	"session_epoch" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE INDEX "auth_revocations_xid_idx" ON "auth_revocations" USING btree ("xid");--> statement-breakpoint
CREATE INDEX "auth_revocations_subject_idx" ON "auth_revocations" USING btree ("subject","kind");--> statement-breakpoint
CREATE INDEX "auth_revocations_expires_idx" ON "auth_revocations" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "auth_sessions_subject_idx" ON "auth_sessions" USING btree ("subject");--> statement-breakpoint
-- room on each page for the next version of a row: rotation stays a heap-only update
ALTER TABLE "auth_sessions" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);--> statement-breakpoint
ALTER TABLE "auth_subjects" SET (fillfactor = 90);
