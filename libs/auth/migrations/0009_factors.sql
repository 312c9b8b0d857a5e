CREATE TABLE "auth_factors" (
	"id" uuid PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"kind" text NOT NULL,
	"name" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"confirmed_at" timestamp (3) with time zone,
	"sealed_secret" "bytea",
	"last_step" bigint,
	"credential_id" text,
	"public_key" "bytea",
	"counter" bigint,
	"transports" jsonb,
	"backup_eligible" boolean,
	"backed_up" boolean
);
--> statement-breakpoint
CREATE TABLE "auth_recovery_codes" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"subject" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "auth_factors_subject_idx" ON "auth_factors" USING btree ("subject");--> statement-breakpoint
CREATE UNIQUE INDEX "auth_factors_credential_idx" ON "auth_factors" USING btree ("credential_id") WHERE "auth_factors"."credential_id" is not null;--> statement-breakpoint
CREATE INDEX "auth_recovery_codes_subject_idx" ON "auth_recovery_codes" USING btree ("subject");