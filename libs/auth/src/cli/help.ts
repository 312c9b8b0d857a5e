export const HELP = `tokenward: keys, secrets and upkeep of Tokenward

  tokenward keys generate   makes a signing key
      --dir DIR             adds it to a key directory (for keyDirectory(DIR)); the first one signs at once
      --out FILE.pem        writes it as PEM (for JWT_PRIVATE_KEY), the public half to FILE.pub.pem
      --stdout              prints the private key as PEM, and nothing else
      --algorithm RS256     RS, PS, ES or HS with 256, 384 or 512; ES256 signs much faster than RS256
      --bits 3072           of an RSA key

  tokenward keys rotate     makes the next key: it is published now and signs after the lead time; the one before
                            verifies until its last token has expired, and is removed by a later rotation
      --dir DIR             in a key directory; processes that read it follow by themselves
      (none)                in Postgres (drizzleKeySource): DATABASE_URL and KEY_ENCRYPTION_KEYS; the first key signs at once
      --lead-time 1h        at least the cache time of the JWKS (jwks.cacheFor)
      --algorithm RS256     by default that of the present key

  tokenward keys list       every key with its phase: next, active, retired, revoked
      --dir DIR             as above; none: Postgres
      --algorithm RS256     of RSA keys in PEM, which do not say it: what keys.algorithm of the processes is

  tokenward keys revoke KID a key that leaked: refused for signing and verifying, everywhere, at once
      --dir DIR             marks it in a key directory, and makes a new key when none is left that signs
      --algorithm RS256     as above
      --yes                 also a kid that no process of this database ever had
      DATABASE_URL          where it is set, every process that shares the ledger refuses the key within a second; with
                            KEY_ENCRYPTION_KEYS the key is marked in Postgres too, and replaced when it was the last

  tokenward secret          prints a refresh-token secret for REFRESH_TOKEN_SECRET, as id:base64url
      --encryption          a key for KEY_ENCRYPTION_KEYS instead
      --hmac                a secret for JWT_SECRET instead (64 bytes, base64url)
      --id NAME             the id; by default one is made

  tokenward migrate         brings Tokenward's tables up to date
  tokenward sessions cleanup
                            removes rows of sessions that ended or expired
      --keep 30d            ... longer ago than this
  tokenward hashes wrap --table TABLE --column COLUMN --yes
                            puts Argon2id over the bcrypt hashes of your users' table: they are verified by Tokenward alone
                            from then on, and replaced at the next login; may be stopped and started again
      --id-column id        the primary key
  tokenward after-restore --yes
                            after a backup was restored: ends every session, refuses every token issued before now, and
                            revokes the signing keys of the backup (in Postgres), of which one may have been revoked since
      --keep-key KID        but this one; may be given several times
      --clock-tolerance 30s that of the processes: tokens issued up to now and that much are refused, new logins too

With the database: --schema NAME and --prefix NAME of the tables, as createAuthSchema has them (the search path, auth_).
Everywhere: --json (one JSON document on standard output), --help.
The database is DATABASE_URL (or --database-url, which other users of the machine can see).
Exit codes: 0 done, 1 it could not be done or ended nothing, 2 wrong use.
`;
