-- +goose Up

-- rules: who made the version, and when
alter table rules add column actor text not null default 'system:config';
alter table rules add column at timestamptz;

-- clocks: the policy that chose the promise, '' when the category did
alter table clocks add column policy text not null default '';
alter table clocks add column policy_version smallint not null default 0;

-- +goose Down

alter table clocks drop column policy_version;
alter table clocks drop column policy;
alter table rules drop column at;
alter table rules drop column actor;
