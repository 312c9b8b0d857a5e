ALTER TABLE "users" ADD COLUMN "email_verified" boolean DEFAULT false NOT NULL;--> statement-breakpoint
-- whoever is there already was never asked
UPDATE "users" SET "email_verified" = true;