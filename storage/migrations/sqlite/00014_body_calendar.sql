-- +goose Up

-- bodies: the calendar that counts the hours of its referrals; '' = the one of the citizen's promise
alter table bodies add column calendar text not null default '';

-- +goose Down

alter table bodies drop column calendar;
