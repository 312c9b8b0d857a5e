ALTER TABLE "auth_sessions" ADD COLUMN "bound_kind" text;--> statement-breakpoint
ALTER TABLE "auth_sessions" ADD COLUMN "bound_key" text;--> statement-breakpoint
ALTER TABLE "auth_sessions" ADD COLUMN "bound_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "auth_sessions" ADD COLUMN "register_by" timestamp (3) with time zone;