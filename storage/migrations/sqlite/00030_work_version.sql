-- +goose Up

-- work_version: of the work calendar that caps waits for the citizen, so that a holiday declared later does not move the promise by itself
alter table clocks add column work_version integer not null default 0;

-- +goose Down

alter table clocks drop column work_version;
