ALTER TABLE "auth_audit" ADD COLUMN "count" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "auth_audit" ADD COLUMN "fold" text;--> statement-breakpoint
CREATE UNIQUE INDEX "auth_audit_fold_idx" ON "auth_audit" USING btree ("fold") WHERE "auth_audit"."fold" is not null;