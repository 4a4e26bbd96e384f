-- +goose Up
create table scratch (id bigint primary key);
-- +goose Down
drop table scratch;
