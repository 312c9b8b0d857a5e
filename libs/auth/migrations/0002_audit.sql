CREATE TABLE "auth_audit" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "auth_audit_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"type" text NOT NULL,
	"severity" text NOT NULL,
	"subject" text,
	"session_id" text,
	"ip" "inet",
	"user_agent" text,
	"detail" jsonb DEFAULT '{}' NOT NULL
);
--> statement-breakpoint
CREATE INDEX "auth_audit_subject_idx" ON "auth_audit" USING btree ("subject","id");--> statement-breakpoint
CREATE INDEX "auth_audit_type_idx" ON "auth_audit" USING btree ("type","id");--> statement-breakpoint
CREATE INDEX "auth_audit_at_idx" ON "auth_audit" USING btree ("at");