-- +goose Up

-- the overview of all departments is read along these: what it shows, and nothing else
create index clock_days_brief on clock_days (department_id, kind, day, due, met, waited, done) where dimension = 'all';
create index ticket_days_brief on ticket_days (department_id, day, received, closed) where dimension = 'all';

-- +goose Down

drop index ticket_days_brief;
drop index clock_days_brief;
