-- +goose Up

-- subscriptions: who is mailed which department's report (0: the city's) on Fridays; issue is the day of the newest one, file its PDF
create table subscriptions (
	agent_id integer not null,
	department_id integer not null,
	wanted boolean not null,
	issue text not null,
	file blob,
	primary key (agent_id, department_id)
);
create index subscriptions_file on subscriptions (file) where file is not null;

-- +goose Down

drop table subscriptions;
