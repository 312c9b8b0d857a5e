-- The table that was there before Tokenward: UUID ids, emails as people wrote them, bcrypt hashes, soft deletion.
create table if not exists accounts (
  id uuid primary key default gen_random_uuid(),
  email varchar(255) not null,
  name text,
  -- 60 characters were enough for bcrypt; an Argon2id hash has 97
  password_hash varchar(255),
  role text not null default 'member',
  deleted_at timestamptz
);

-- the index that a login needs; who left does not hold the email
create unique index if not exists accounts_email on accounts (lower(email)) where deleted_at is null;

-- everybody's password is: a quiet harbour at dawn
insert into accounts (email, name, password_hash, role, deleted_at)
select * from (values
  ('Ada@Example.com', 'Ada', '$2y$10$t.tD9Lxy6Viw8c6tVWryOuWHOJ6JdIOpPM8HXEKHmKgRVM9rGSYIe', 'admin', null::timestamptz),
  ('Bob@example.com', 'Bob', '$2y$10$t.tD9Lxy6Viw8c6tVWryOuWHOJ6JdIOpPM8HXEKHmKgRVM9rGSYIe', 'member', null),
  ('carol@example.com', 'Carol', '$2y$10$t.tD9Lxy6Viw8c6tVWryOuWHOJ6JdIOpPM8HXEKHmKgRVM9rGSYIe', 'member', now())
) people where not exists (select from accounts);
