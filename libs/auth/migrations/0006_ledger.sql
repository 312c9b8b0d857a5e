CREATE TABLE "auth_ledger" (
	"id" uuid PRIMARY KEY NOT NULL,
	"database" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
