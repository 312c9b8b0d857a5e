ALTER TABLE "auth_audit" ADD COLUMN "actor" text;--> statement-breakpoint
CREATE INDEX "auth_audit_actor_idx" ON "auth_audit" USING btree ("actor","id") WHERE "auth_audit"."actor" is not null;