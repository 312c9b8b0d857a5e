ALTER TABLE "auth_sessions" ADD COLUMN "idle_ttl_ms" bigint;--> statement-breakpoint
ALTER TABLE "auth_sessions" ADD COLUMN "access_ttl_seconds" integer;