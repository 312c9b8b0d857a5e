CREATE TABLE "auth_api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"hash" "bytea" NOT NULL,
	"subject" text NOT NULL,
	"name" text NOT NULL,
	"permissions" jsonb,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE INDEX "auth_api_keys_subject_idx" ON "auth_api_keys" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "auth_api_keys_expires_idx" ON "auth_api_keys" USING btree ("expires_at") WHERE "auth_api_keys"."expires_at" is not null;