CREATE TABLE "auth_one_time_tokens" (
	"hash" "bytea" PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject" text,
	"epoch" integer,
	"data" jsonb NOT NULL,
	"tries_left" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "auth_one_time_tokens_subject_idx" ON "auth_one_time_tokens" USING btree ("subject","kind");--> statement-breakpoint
CREATE INDEX "auth_one_time_tokens_expires_idx" ON "auth_one_time_tokens" USING btree ("expires_at");