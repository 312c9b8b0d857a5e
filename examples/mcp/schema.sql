create table if not exists members (
  id serial primary key,
  email text not null,
  password_hash text,
  permissions text[] not null default '{}'
);
create unique index if not exists members_email on members (lower(email));

-- everybody's password is: a quiet harbour at dawn
insert into members (email, password_hash, permissions)
select * from (values
  ('ada@example.com', '$argon2id$v=19$m=19456,t=2,p=1$W0WRCSP08o3NVjXkSk8qjg$WrZN1XSFmUkEJPAvoNm3w6JoPkD2WxGdazt0HUhdGko', array['notes:read', 'notes:write']),
  ('bob@example.com', '$argon2id$v=19$m=19456,t=2,p=1$W0WRCSP08o3NVjXkSk8qjg$WrZN1XSFmUkEJPAvoNm3w6JoPkD2WxGdazt0HUhdGko', array['notes:read'])
) people where not exists (select from members);
