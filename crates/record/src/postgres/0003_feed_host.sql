-- Which hosts can be the one that an alert names is asked for each verdict: by its name, not by reading all.
CREATE INDEX feed_host ON feed (org, host_key);
