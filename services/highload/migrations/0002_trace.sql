-- Of a recorded trace, the header to publish the event with; null of all others.
alter table outbox add column traceparent text;
