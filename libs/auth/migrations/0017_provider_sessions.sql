ALTER TABLE "auth_sessions" ADD COLUMN "provider_issuer" text;--> statement-breakpoint
ALTER TABLE "auth_sessions" ADD COLUMN "provider_subject" text;--> statement-breakpoint
ALTER TABLE "auth_sessions" ADD COLUMN "provider_sid" text;--> statement-breakpoint
CREATE INDEX "auth_sessions_provider_idx" ON "auth_sessions" USING btree ("provider_issuer","provider_subject") WHERE "auth_sessions"."provider_issuer" is not null;--> statement-breakpoint
CREATE INDEX "auth_sessions_provider_sid_idx" ON "auth_sessions" USING btree ("provider_issuer","provider_sid") WHERE "auth_sessions"."provider_sid" is not null;