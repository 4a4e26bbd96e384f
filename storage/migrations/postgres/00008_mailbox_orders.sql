-- +goose Up

-- mailbox_orders: what operators asked of a mailbox; whoever reads it heeds the row
create table mailbox_orders (
	account text primary key,
	paused boolean not null default false,
	agent_id bigint not null,
	at timestamptz not null,
	try_at timestamptz
);

-- +goose Down

drop table mailbox_orders;
