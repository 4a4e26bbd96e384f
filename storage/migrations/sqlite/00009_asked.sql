-- +goose Up

-- asked: the department may read because it was asked about the ticket, and for no other reason
alter table ticket_held add column asked boolean not null default false;

-- +goose Down

alter table ticket_held drop column asked;
