CREATE TABLE "auth_identities" (
	"issuer" text NOT NULL,
	"issuer_subject" text NOT NULL,
	"subject" text NOT NULL,
	"email" text,
	"proven" boolean NOT NULL,
	"linked_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "auth_identities_pkey" PRIMARY KEY("issuer","issuer_subject")
);
--> statement-breakpoint
CREATE INDEX "auth_identities_subject_idx" ON "auth_identities" USING btree ("subject");