-- +goose Up

-- mailbox_orders: what operators asked of a mailbox; whoever reads it heeds the row
create table mailbox_orders (
	account text not null primary key,
	paused boolean not null default false,
	agent_id integer not null,
	at datetime not null,
	try_at datetime
);

-- +goose Down

drop table mailbox_orders;
