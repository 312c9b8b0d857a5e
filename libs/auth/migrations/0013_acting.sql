ALTER TABLE "auth_sessions" ADD COLUMN "actor" text;--> statement-breakpoint
CREATE INDEX "auth_sessions_actor_idx" ON "auth_sessions" USING btree ("actor") WHERE "auth_sessions"."actor" is not null;