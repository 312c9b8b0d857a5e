CREATE TABLE "auth_key_sightings" (
	"kid" text PRIMARY KEY NOT NULL,
	"first_seen_at" timestamp (3) with time zone NOT NULL
);
