SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.ai_slo_audit (
    id bigint NOT NULL,
    at bigint NOT NULL,
    service character varying(250) NOT NULL,
    actor character varying(500) NOT NULL,
    labels text DEFAULT ''::text NOT NULL,
    action character varying(32) NOT NULL,
    detail text NOT NULL
);

COMMENT ON TABLE public.ai_slo_audit IS 'Every decision about a freeze; rows are only ever added.';

CREATE SEQUENCE public.ai_slo_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ai_slo_audit_id_seq OWNED BY public.ai_slo_audit.id;

CREATE TABLE public.ai_slo_correction (
    id bigint NOT NULL,
    slo_id bigint NOT NULL,
    start bigint NOT NULL,
    "end" bigint,
    rrule text,
    duration character varying(20),
    zone character varying(100) NOT NULL,
    author character varying(250) NOT NULL,
    reason text NOT NULL,
    created_at bigint NOT NULL,
    revoked_at bigint
);

COMMENT ON TABLE public.ai_slo_correction IS 'When measurements are dropped: once after start up to end, or as an RFC 5545 rule says in a zone.';

CREATE SEQUENCE public.ai_slo_correction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ai_slo_correction_id_seq OWNED BY public.ai_slo_correction.id;

CREATE TABLE public.ai_slo_day (
    slo_id bigint NOT NULL,
    day bigint NOT NULL,
    sum_good bigint NOT NULL,
    sum_total bigint NOT NULL,
    sum_bad bigint NOT NULL,
    sum_runs bigint NOT NULL
);

COMMENT ON TABLE public.ai_slo_day IS 'Sums of everything up to the end of a UTC day.';

CREATE TABLE public.ai_slo_dropped (
    slo_id bigint NOT NULL,
    start bigint NOT NULL,
    "end" bigint NOT NULL
);

COMMENT ON TABLE public.ai_slo_dropped IS 'What the corrections in force add up to: stretches after start up to end that do not touch.';

CREATE TABLE public.ai_slo_evaluation (
    slo_id bigint NOT NULL,
    at bigint NOT NULL,
    good bigint NOT NULL,
    total bigint NOT NULL,
    scale bigint NOT NULL,
    bad_runs bigint NOT NULL,
    runs bigint NOT NULL,
    covered bigint NOT NULL,
    length bigint NOT NULL,
    latched bigint NOT NULL,
    bad_seq bigint NOT NULL,
    seen_at bigint,
    discipline text
);

COMMENT ON TABLE public.ai_slo_evaluation IS 'The last evaluation of each SLO, and which of its rules hold an incident open.';

COMMENT ON COLUMN public.ai_slo_evaluation.seen_at IS 'at of the newest run that was seen';

COMMENT ON COLUMN public.ai_slo_evaluation.discipline IS 'what rules with windows in runs remember';

CREATE TABLE public.ai_slo_freeze (
    id bigint NOT NULL,
    service character varying(250) NOT NULL,
    since bigint NOT NULL,
    until bigint,
    causes text NOT NULL,
    released_seqs text,
    renewed_at bigint
);

CREATE SEQUENCE public.ai_slo_freeze_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ai_slo_freeze_id_seq OWNED BY public.ai_slo_freeze.id;

CREATE TABLE public.ai_slo_hold (
    target character varying(250) NOT NULL,
    until bigint NOT NULL
);

COMMENT ON TABLE public.ai_slo_hold IS 'Targets that asked to be left alone for a while.';

CREATE TABLE public.ai_slo_incident (
    id bigint NOT NULL,
    slo_id bigint NOT NULL,
    opened_at bigint NOT NULL,
    resolved_at bigint,
    severity smallint NOT NULL
);

CREATE TABLE public.ai_slo_incident_event (
    id bigint NOT NULL,
    incident_id bigint NOT NULL,
    at bigint NOT NULL,
    transition character varying(16) NOT NULL,
    severity smallint NOT NULL,
    reason text NOT NULL
);

CREATE SEQUENCE public.ai_slo_incident_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ai_slo_incident_event_id_seq OWNED BY public.ai_slo_incident_event.id;

CREATE SEQUENCE public.ai_slo_incident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ai_slo_incident_id_seq OWNED BY public.ai_slo_incident.id;

CREATE TABLE public.ai_slo_measurement (
    slo_id bigint NOT NULL,
    key text NOT NULL,
    at bigint NOT NULL,
    good bigint NOT NULL,
    total bigint NOT NULL,
    value double precision,
    cause character varying(32),
    attributes text,
    recorded_at bigint NOT NULL
);

CREATE TABLE public.ai_slo_outbox (
    id bigint NOT NULL,
    dedup_key character varying(500) NOT NULL,
    thread_key character varying(250) NOT NULL,
    target character varying(250) NOT NULL,
    message text NOT NULL,
    created_at bigint NOT NULL,
    state character varying(16) NOT NULL,
    ends boolean NOT NULL,
    remark boolean NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at bigint NOT NULL,
    sent_at bigint,
    problem text
);

CREATE SEQUENCE public.ai_slo_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ai_slo_outbox_id_seq OWNED BY public.ai_slo_outbox.id;

CREATE TABLE public.ai_slo_override (
    id bigint NOT NULL,
    service character varying(250) NOT NULL,
    author character varying(250) NOT NULL,
    reason text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint
);

CREATE SEQUENCE public.ai_slo_override_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ai_slo_override_id_seq OWNED BY public.ai_slo_override.id;

CREATE TABLE public.ai_slo_pause (
    id bigint NOT NULL,
    slo_id bigint NOT NULL,
    start bigint NOT NULL,
    "end" bigint,
    author character varying(250) NOT NULL,
    reason text NOT NULL
);

COMMENT ON TABLE public.ai_slo_pause IS 'When no runs are expected: from start on, before end.';

CREATE SEQUENCE public.ai_slo_pause_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ai_slo_pause_id_seq OWNED BY public.ai_slo_pause.id;

CREATE TABLE public.ai_slo_profile (
    name character varying(250) NOT NULL,
    version integer NOT NULL,
    body text NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE public.ai_slo_run (
    slo_id bigint NOT NULL,
    at bigint NOT NULL,
    good bigint NOT NULL,
    total bigint NOT NULL,
    bad smallint NOT NULL,
    measurements integer NOT NULL,
    sum_good bigint NOT NULL,
    sum_total bigint NOT NULL,
    sum_bad bigint NOT NULL,
    sum_runs bigint NOT NULL
);

COMMENT ON TABLE public.ai_slo_run IS 'One row per distinct instant of an SLO that no correction drops; sum_* run on within its UTC day.';

CREATE TABLE public.ai_slo_service (
    name character varying(250) NOT NULL,
    definition text NOT NULL
);

CREATE TABLE public.ai_slo_settled (
    slo_id bigint NOT NULL,
    at bigint NOT NULL,
    settled_at bigint NOT NULL
);

COMMENT ON TABLE public.ai_slo_settled IS 'Runs that settled, or turned bad, behind the newest one, and that no evaluation has seen yet.';

CREATE TABLE public.ai_slo_silence (
    slo_id bigint NOT NULL,
    due bigint,
    told bigint
);

COMMENT ON COLUMN public.ai_slo_silence.due IS 'until when data is awaited; NULL: for ever';

COMMENT ON COLUMN public.ai_slo_silence.told IS 'at of the newest run before a silence that was told and goes on';

CREATE TABLE public.ai_slo_sketch (
    slo_id bigint NOT NULL,
    key text NOT NULL,
    at bigint NOT NULL,
    body text NOT NULL
);

COMMENT ON TABLE public.ai_slo_sketch IS 'Percentile sketches of measurements, by their keys.';

CREATE TABLE public.ai_slo_sketch_day (
    slo_id bigint NOT NULL,
    day bigint NOT NULL,
    body text NOT NULL
);

COMMENT ON TABLE public.ai_slo_sketch_day IS 'All sketches of a UTC day as one, whatever corrections drop.';

CREATE TABLE public.ai_slo_slo (
    id bigint NOT NULL,
    name character varying(250) NOT NULL,
    generation integer NOT NULL,
    service character varying(250) NOT NULL,
    active boolean NOT NULL,
    definition text NOT NULL,
    fingerprint character varying(64) NOT NULL,
    objective character varying(100) NOT NULL,
    rerun character varying(16) NOT NULL,
    scale bigint DEFAULT '1'::bigint NOT NULL,
    bad_seq bigint DEFAULT '0'::bigint NOT NULL,
    anchor bigint,
    settled_slot bigint,
    next_due bigint,
    corrected boolean DEFAULT false NOT NULL,
    sketched boolean DEFAULT false NOT NULL,
    applied_at bigint NOT NULL,
    ended_at bigint
);

COMMENT ON COLUMN public.ai_slo_slo.anchor IS 'at of the measurement that came in first; found when it is first needed';

COMMENT ON COLUMN public.ai_slo_slo.settled_slot IS 'expected runs up to here were looked at';

COMMENT ON COLUMN public.ai_slo_slo.next_due IS 'when the next expected run is to be looked at; NULL: none is expected';

COMMENT ON COLUMN public.ai_slo_slo.corrected IS 'whether any stretch is dropped';

COMMENT ON COLUMN public.ai_slo_slo.sketched IS 'whether it has had any sketch';

CREATE SEQUENCE public.ai_slo_slo_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE public.ai_slo_slo_id_seq OWNED BY public.ai_slo_slo.id;

CREATE TABLE public.ai_slo_target (
    name character varying(250) NOT NULL,
    definition text NOT NULL
);

CREATE TABLE public.ai_slo_thread (
    target character varying(250) NOT NULL,
    thread_key character varying(250) NOT NULL,
    reference character varying(250) NOT NULL
);

COMMENT ON TABLE public.ai_slo_thread IS 'What a channel calls the thread of an incident, such as Slack''s ts.';

CREATE TABLE public.ai_slo_version (
    version_num character varying(32) NOT NULL
);

ALTER TABLE ONLY public.ai_slo_audit ALTER COLUMN id SET DEFAULT nextval('public.ai_slo_audit_id_seq'::regclass);

ALTER TABLE ONLY public.ai_slo_correction ALTER COLUMN id SET DEFAULT nextval('public.ai_slo_correction_id_seq'::regclass);

ALTER TABLE ONLY public.ai_slo_freeze ALTER COLUMN id SET DEFAULT nextval('public.ai_slo_freeze_id_seq'::regclass);

ALTER TABLE ONLY public.ai_slo_incident ALTER COLUMN id SET DEFAULT nextval('public.ai_slo_incident_id_seq'::regclass);

ALTER TABLE ONLY public.ai_slo_incident_event ALTER COLUMN id SET DEFAULT nextval('public.ai_slo_incident_event_id_seq'::regclass);

ALTER TABLE ONLY public.ai_slo_outbox ALTER COLUMN id SET DEFAULT nextval('public.ai_slo_outbox_id_seq'::regclass);

ALTER TABLE ONLY public.ai_slo_override ALTER COLUMN id SET DEFAULT nextval('public.ai_slo_override_id_seq'::regclass);

ALTER TABLE ONLY public.ai_slo_pause ALTER COLUMN id SET DEFAULT nextval('public.ai_slo_pause_id_seq'::regclass);

ALTER TABLE ONLY public.ai_slo_slo ALTER COLUMN id SET DEFAULT nextval('public.ai_slo_slo_id_seq'::regclass);

INSERT INTO public.ai_slo_audit VALUES (1, 1769688000000000, 'scoring', 'ann', '', 'policy', 'hard freeze; SLOs that opted in count; thaws above 5%; ends by itself after 5d; exempt: p0, reliability, security');
INSERT INTO public.ai_slo_audit VALUES (2, 1773144000000000, 'reading', 'ann', '', 'correction', '#1 of corrected, 1d each FREQ=WEEKLY (Europe/Berlin), from 2026-02-19 12:00 UTC to 2026-04-09 12:00 UTC: maintenance');
INSERT INTO public.ai_slo_audit VALUES (3, 1773144000000000, 'reading', 'ann', '', 'correction', '#2 of corrected, 2026-03-07 12:00 UTC to 2026-03-08 12:00 UTC: a holiday');
INSERT INTO public.ai_slo_audit VALUES (4, 1773144000000000, 'reading', 'ann', '', 'correction', '#3 of corrected, 2026-03-01 12:00 UTC to 2026-03-10 12:00 UTC: a mistake');
INSERT INTO public.ai_slo_audit VALUES (5, 1773144000000000, 'reading', 'bob', '', 'correction revoked', '#3 of corrected, 2026-03-01 12:00 UTC to 2026-03-10 12:00 UTC: it was none');
INSERT INTO public.ai_slo_audit VALUES (6, 1773144000000000, 'reading', 'engine', '', 'frozen', 'budget spent: corrected');
INSERT INTO public.ai_slo_audit VALUES (7, 1773144000000000, 'scoring', 'engine', '', 'frozen', 'budget spent: expected, spent');
INSERT INTO public.ai_slo_audit VALUES (8, 1773147600000000, 'scoring', 'ann', '', 'override', 'until 2026-03-10T15:00+00:00: a fix');
INSERT INTO public.ai_slo_audit VALUES (9, 1773151200000000, 'scoring', 'deploy/gate run', '', 'allowed', 'override by ann until 2026-03-10 15:00 UTC: a fix');
INSERT INTO public.ai_slo_audit VALUES (10, 1773151200000000, 'scoring', 'bob', '', 'override revoked', 'it went out (by ann until 2026-03-10T15:00+00:00)');

INSERT INTO public.ai_slo_correction VALUES (1, 1, 1771502400000000, 1775736000000000, 'FREQ=WEEKLY', '1d', 'Europe/Berlin', 'ann', 'maintenance', 1773144000000000, NULL);
INSERT INTO public.ai_slo_correction VALUES (2, 1, 1772884800000000, 1772971200000000, NULL, NULL, 'UTC', 'ann', 'a holiday', 1773144000000000, NULL);
INSERT INTO public.ai_slo_correction VALUES (3, 1, 1772366400000000, 1773144000000000, NULL, NULL, 'UTC', 'ann', 'a mistake', 1773144000000000, 1773144000000000);

INSERT INTO public.ai_slo_day VALUES (6, 20492, 1, 1, 0, 1);
INSERT INTO public.ai_slo_day VALUES (6, 20493, 2, 2, 0, 2);
INSERT INTO public.ai_slo_day VALUES (6, 20494, 3, 3, 0, 3);
INSERT INTO public.ai_slo_day VALUES (6, 20495, 4, 4, 0, 4);
INSERT INTO public.ai_slo_day VALUES (6, 20496, 5, 5, 0, 5);
INSERT INTO public.ai_slo_day VALUES (6, 20497, 6, 6, 0, 6);
INSERT INTO public.ai_slo_day VALUES (6, 20498, 7, 7, 0, 7);
INSERT INTO public.ai_slo_day VALUES (6, 20499, 8, 8, 0, 8);
INSERT INTO public.ai_slo_day VALUES (6, 20500, 9, 9, 0, 9);
INSERT INTO public.ai_slo_day VALUES (6, 20501, 10, 10, 0, 10);
INSERT INTO public.ai_slo_day VALUES (6, 20502, 11, 11, 0, 11);
INSERT INTO public.ai_slo_day VALUES (6, 20503, 12, 12, 0, 12);
INSERT INTO public.ai_slo_day VALUES (1, 20503, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_day VALUES (6, 20504, 13, 13, 0, 13);
INSERT INTO public.ai_slo_day VALUES (6, 20505, 14, 14, 0, 14);
INSERT INTO public.ai_slo_day VALUES (6, 20506, 15, 15, 0, 15);
INSERT INTO public.ai_slo_day VALUES (6, 20507, 16, 16, 0, 16);
INSERT INTO public.ai_slo_day VALUES (6, 20508, 17, 17, 0, 17);
INSERT INTO public.ai_slo_day VALUES (6, 20509, 18, 18, 0, 18);
INSERT INTO public.ai_slo_day VALUES (6, 20510, 19, 19, 0, 19);
INSERT INTO public.ai_slo_day VALUES (6, 20511, 20, 20, 0, 20);
INSERT INTO public.ai_slo_day VALUES (6, 20512, 21, 21, 0, 21);
INSERT INTO public.ai_slo_day VALUES (2, 20514, 1, 1, 0, 1);
INSERT INTO public.ai_slo_day VALUES (2, 20515, 2, 2, 0, 2);
INSERT INTO public.ai_slo_day VALUES (2, 20516, 3, 3, 0, 3);
INSERT INTO public.ai_slo_day VALUES (2, 20517, 3, 4, 1, 4);
INSERT INTO public.ai_slo_day VALUES (4, 20519, 1, 1, 0, 1);
INSERT INTO public.ai_slo_day VALUES (1, 20517, 8666666671, 13000000000, 13, 13);
INSERT INTO public.ai_slo_day VALUES (4, 20520, 2, 2, 0, 2);
INSERT INTO public.ai_slo_day VALUES (7, 20521, 0, 1, 1, 1);
INSERT INTO public.ai_slo_day VALUES (7, 20522, 1, 2, 1, 2);
INSERT INTO public.ai_slo_day VALUES (3, 20483, 0, 1, 1, 1);
INSERT INTO public.ai_slo_day VALUES (3, 20484, 0, 2, 2, 2);
INSERT INTO public.ai_slo_day VALUES (5, 20521, 2641, 3800, 38, 38);
INSERT INTO public.ai_slo_day VALUES (3, 20485, 0, 3, 3, 3);
INSERT INTO public.ai_slo_day VALUES (5, 20520, 805, 1400, 14, 14);
INSERT INTO public.ai_slo_day VALUES (3, 20486, 0, 4, 4, 4);
INSERT INTO public.ai_slo_day VALUES (5, 20522, 3775, 5000, 48, 50);
INSERT INTO public.ai_slo_day VALUES (3, 20487, 0, 5, 5, 5);
INSERT INTO public.ai_slo_day VALUES (1, 20518, 8666666671, 13000000000, 13, 13);
INSERT INTO public.ai_slo_day VALUES (3, 20488, 0, 6, 6, 6);
INSERT INTO public.ai_slo_day VALUES (3, 20489, 0, 7, 7, 7);
INSERT INTO public.ai_slo_day VALUES (3, 20490, 0, 8, 8, 8);
INSERT INTO public.ai_slo_day VALUES (3, 20491, 0, 9, 9, 9);
INSERT INTO public.ai_slo_day VALUES (3, 20492, 0, 10, 10, 10);
INSERT INTO public.ai_slo_day VALUES (3, 20493, 1, 11, 10, 11);
INSERT INTO public.ai_slo_day VALUES (3, 20494, 2, 12, 10, 12);
INSERT INTO public.ai_slo_day VALUES (3, 20495, 3, 13, 10, 13);
INSERT INTO public.ai_slo_day VALUES (3, 20496, 4, 14, 10, 14);
INSERT INTO public.ai_slo_day VALUES (3, 20497, 4, 15, 11, 15);
INSERT INTO public.ai_slo_day VALUES (3, 20498, 5, 16, 11, 16);
INSERT INTO public.ai_slo_day VALUES (3, 20499, 6, 17, 11, 17);
INSERT INTO public.ai_slo_day VALUES (3, 20500, 7, 18, 11, 18);
INSERT INTO public.ai_slo_day VALUES (1, 20504, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_day VALUES (1, 20505, 1333333334, 2000000000, 2, 2);
INSERT INTO public.ai_slo_day VALUES (1, 20506, 2000000001, 3000000000, 3, 3);
INSERT INTO public.ai_slo_day VALUES (1, 20507, 2666666668, 4000000000, 4, 4);
INSERT INTO public.ai_slo_day VALUES (1, 20508, 3333333335, 5000000000, 5, 5);
INSERT INTO public.ai_slo_day VALUES (1, 20509, 4000000002, 6000000000, 6, 6);
INSERT INTO public.ai_slo_day VALUES (1, 20510, 4666666669, 7000000000, 7, 7);
INSERT INTO public.ai_slo_day VALUES (1, 20511, 4666666669, 7000000000, 7, 7);
INSERT INTO public.ai_slo_day VALUES (1, 20512, 5333333336, 8000000000, 8, 8);
INSERT INTO public.ai_slo_day VALUES (1, 20513, 6000000003, 9000000000, 9, 9);
INSERT INTO public.ai_slo_day VALUES (1, 20519, 9333333338, 14000000000, 14, 14);
INSERT INTO public.ai_slo_day VALUES (1, 20520, 9333333338, 14000000000, 14, 14);
INSERT INTO public.ai_slo_day VALUES (1, 20521, 10333333338, 17000000000, 15, 15);
INSERT INTO public.ai_slo_day VALUES (1, 20522, 11000000005, 18000000000, 16, 16);
INSERT INTO public.ai_slo_day VALUES (6, 20513, 22, 23, 1, 22);
INSERT INTO public.ai_slo_day VALUES (6, 20514, 23, 24, 1, 23);
INSERT INTO public.ai_slo_day VALUES (6, 20515, 24, 25, 1, 24);
INSERT INTO public.ai_slo_day VALUES (6, 20516, 25, 26, 1, 25);
INSERT INTO public.ai_slo_day VALUES (6, 20517, 26, 27, 1, 26);
INSERT INTO public.ai_slo_day VALUES (6, 20518, 27, 28, 1, 27);
INSERT INTO public.ai_slo_day VALUES (6, 20519, 28, 29, 1, 28);
INSERT INTO public.ai_slo_day VALUES (6, 20520, 29, 30, 1, 29);
INSERT INTO public.ai_slo_day VALUES (6, 20521, 30, 31, 1, 30);
INSERT INTO public.ai_slo_day VALUES (6, 20522, 30, 35, 5, 34);
INSERT INTO public.ai_slo_day VALUES (1, 20514, 6666666670, 10000000000, 10, 10);
INSERT INTO public.ai_slo_day VALUES (1, 20515, 7333333337, 11000000000, 11, 11);
INSERT INTO public.ai_slo_day VALUES (1, 20516, 8000000004, 12000000000, 12, 12);
INSERT INTO public.ai_slo_day VALUES (3, 20501, 8, 19, 11, 19);
INSERT INTO public.ai_slo_day VALUES (3, 20502, 8, 20, 12, 20);
INSERT INTO public.ai_slo_day VALUES (3, 20503, 9, 21, 12, 21);
INSERT INTO public.ai_slo_day VALUES (3, 20504, 10, 22, 12, 22);
INSERT INTO public.ai_slo_day VALUES (3, 20505, 11, 23, 12, 23);
INSERT INTO public.ai_slo_day VALUES (3, 20506, 12, 24, 12, 24);
INSERT INTO public.ai_slo_day VALUES (3, 20507, 12, 25, 13, 25);
INSERT INTO public.ai_slo_day VALUES (3, 20508, 13, 26, 13, 26);
INSERT INTO public.ai_slo_day VALUES (3, 20509, 14, 27, 13, 27);
INSERT INTO public.ai_slo_day VALUES (3, 20510, 14, 28, 14, 28);
INSERT INTO public.ai_slo_day VALUES (3, 20511, 15, 29, 14, 29);
INSERT INTO public.ai_slo_day VALUES (3, 20512, 16, 30, 14, 30);
INSERT INTO public.ai_slo_day VALUES (3, 20513, 17, 31, 14, 31);
INSERT INTO public.ai_slo_day VALUES (3, 20514, 18, 32, 14, 32);
INSERT INTO public.ai_slo_day VALUES (3, 20515, 19, 33, 14, 33);
INSERT INTO public.ai_slo_day VALUES (3, 20516, 20, 34, 14, 34);
INSERT INTO public.ai_slo_day VALUES (3, 20517, 21, 35, 14, 35);
INSERT INTO public.ai_slo_day VALUES (3, 20518, 21, 36, 15, 36);
INSERT INTO public.ai_slo_day VALUES (3, 20519, 21, 37, 16, 37);
INSERT INTO public.ai_slo_day VALUES (3, 20520, 22, 38, 16, 38);
INSERT INTO public.ai_slo_day VALUES (3, 20521, 22, 39, 17, 39);
INSERT INTO public.ai_slo_day VALUES (3, 20522, 22, 40, 18, 40);

INSERT INTO public.ai_slo_dropped VALUES (1, 1771502400000000, 1771588800000000);
INSERT INTO public.ai_slo_dropped VALUES (1, 1772107200000000, 1772193600000000);
INSERT INTO public.ai_slo_dropped VALUES (1, 1772712000000000, 1772798400000000);
INSERT INTO public.ai_slo_dropped VALUES (1, 1772884800000000, 1772971200000000);
INSERT INTO public.ai_slo_dropped VALUES (1, 1773316800000000, 1773403200000000);
INSERT INTO public.ai_slo_dropped VALUES (1, 1773921600000000, 1774008000000000);
INSERT INTO public.ai_slo_dropped VALUES (1, 1774526400000000, 1774612800000000);
INSERT INTO public.ai_slo_dropped VALUES (1, 1775127600000000, 1775214000000000);
INSERT INTO public.ai_slo_dropped VALUES (1, 1775732400000000, 1775736000000000);

INSERT INTO public.ai_slo_evaluation VALUES (1, 1773147600000000, 11000000005, 18000000000, 1000000000, 16, 16, 457, 720, 0, 21, NULL, NULL);
INSERT INTO public.ai_slo_evaluation VALUES (7, 1773147600000000, 1, 2, 1, 1, 2, 5, 144, 0, 1, NULL, NULL);
INSERT INTO public.ai_slo_evaluation VALUES (3, 1773147600000000, 23, 29, 1, 6, 29, 29, 30, 0, 16, 1773057600000000, '[1, false, 0, 3, [0]]');
INSERT INTO public.ai_slo_evaluation VALUES (4, 1773147600000000, 2, 2, 1, 0, 2, 73, 720, 0, 0, NULL, NULL);
INSERT INTO public.ai_slo_evaluation VALUES (5, 1773147600000000, 3775, 5000, 1, 48, 50, 5, 72, 0, 48, NULL, NULL);
INSERT INTO public.ai_slo_evaluation VALUES (6, 1773147600000000, 29, 33, 1, 4, 33, 1, 1, 3, 4, NULL, NULL);

INSERT INTO public.ai_slo_freeze VALUES (1, 'reading', 1773144000000000, NULL, '{"corrected": [1773144000000000, 1]}', NULL, NULL);
INSERT INTO public.ai_slo_freeze VALUES (2, 'scoring', 1773144000000000, NULL, '{"expected": [1773144000000000, 3], "spent": [1773144000000000, 6]}', NULL, NULL);

INSERT INTO public.ai_slo_hold VALUES ('default', 1773144600380159);

INSERT INTO public.ai_slo_incident VALUES (1, 3, 1773144000000000, NULL, 1);
INSERT INTO public.ai_slo_incident VALUES (2, 6, 1773144000000000, NULL, 2);

INSERT INTO public.ai_slo_incident_event VALUES (1, 1, 1773144000000000, 'opened', 1, 'ticket: bad run at 2026-03-09 12:00 UTC; burn over the last 8 runs and the last 4 runs is beyond 1x');
INSERT INTO public.ai_slo_incident_event VALUES (2, 2, 1773144000000000, 'opened', 2, 'page: burn 10x over 1h, beyond 5x');

INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-08T12:00:00+00:00', 1770552000000000, 1, 1, NULL, NULL, NULL, 1770552060000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-09T12:00:00+00:00', 1770638400000000, 1, 1, NULL, NULL, NULL, 1770638460000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-09T12:00:00+00:00', 1770638400000000, 1, 1, NULL, NULL, NULL, 1770638460000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-10T12:00:00+00:00', 1770724800000000, 1, 1, NULL, NULL, NULL, 1770724860000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-10T12:00:00+00:00', 1770724800000000, 1, 1, NULL, NULL, NULL, 1770724860000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-11T12:00:00+00:00', 1770811200000000, 1, 1, NULL, NULL, NULL, 1770811260000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-11T12:00:00+00:00', 1770811200000000, 1, 1, NULL, NULL, NULL, 1770811260000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-12T12:00:00+00:00', 1770897600000000, 1, 1, NULL, NULL, NULL, 1770897660000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-12T12:00:00+00:00', 1770897600000000, 1, 1, NULL, NULL, NULL, 1770897660000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-13T12:00:00+00:00', 1770984000000000, 1, 1, NULL, NULL, NULL, 1770984060000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-13T12:00:00+00:00', 1770984000000000, 0, 1, NULL, NULL, NULL, 1770984060000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-14T12:00:00+00:00', 1771070400000000, 1, 1, NULL, NULL, NULL, 1771070460000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-14T12:00:00+00:00', 1771070400000000, 1, 1, NULL, NULL, NULL, 1771070460000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-15T12:00:00+00:00', 1771156800000000, 1, 1, NULL, NULL, NULL, 1771156860000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-15T12:00:00+00:00', 1771156800000000, 1, 1, NULL, NULL, NULL, 1771156860000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-16T12:00:00+00:00', 1771243200000000, 1, 1, NULL, NULL, NULL, 1771243260000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-16T12:00:00+00:00', 1771243200000000, 1, 1, NULL, NULL, NULL, 1771243260000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-17T12:00:00+00:00', 1771329600000000, 1, 1, NULL, NULL, NULL, 1771329660000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-17T12:00:00+00:00', 1771329600000000, 1, 1, NULL, NULL, NULL, 1771329660000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-18T12:00:00+00:00', 1771416000000000, 1, 1, NULL, NULL, NULL, 1771416060000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-19T12:00:00+00:00', 1771502400000000, 1, 1, NULL, NULL, NULL, 1771502460000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-19T12:00:00+00:00', 1771502400000000, 1, 1, NULL, NULL, NULL, 1771502460000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-19T12:00:00+00:00', 1771502400000000, 666666667, 1000000000, NULL, NULL, NULL, 1771502460000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-20T12:00:00+00:00', 1771588800000000, 1, 1, NULL, NULL, NULL, 1771588860000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-20T12:00:00+00:00', 1771588800000000, 1, 1, NULL, NULL, NULL, 1771588860000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-20T12:00:00+00:00', 1771588800000000, 666666667, 1000000000, NULL, NULL, NULL, 1771588860000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-21T12:00:00+00:00', 1771675200000000, 1, 1, NULL, NULL, NULL, 1771675260000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-21T12:00:00+00:00', 1771675200000000, 1, 1, NULL, NULL, NULL, 1771675260000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-21T12:00:00+00:00', 1771675200000000, 666666667, 1000000000, NULL, NULL, NULL, 1771675260000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-22T12:00:00+00:00', 1771761600000000, 1, 1, NULL, NULL, NULL, 1771761660000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-22T12:00:00+00:00', 1771761600000000, 1, 1, NULL, NULL, NULL, 1771761660000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-22T12:00:00+00:00', 1771761600000000, 666666667, 1000000000, NULL, NULL, NULL, 1771761660000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-23T12:00:00+00:00', 1771848000000000, 1, 1, NULL, NULL, NULL, 1771848060000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-23T12:00:00+00:00', 1771848000000000, 0, 1, NULL, NULL, NULL, 1771848060000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-23T12:00:00+00:00', 1771848000000000, 666666667, 1000000000, NULL, NULL, NULL, 1771848060000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-24T12:00:00+00:00', 1771934400000000, 1, 1, NULL, NULL, NULL, 1771934460000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-24T12:00:00+00:00', 1771934400000000, 1, 1, NULL, NULL, NULL, 1771934460000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-24T12:00:00+00:00', 1771934400000000, 666666667, 1000000000, NULL, NULL, NULL, 1771934460000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-25T12:00:00+00:00', 1772020800000000, 1, 1, NULL, NULL, NULL, 1772020860000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-25T12:00:00+00:00', 1772020800000000, 1, 1, NULL, NULL, NULL, 1772020860000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-25T12:00:00+00:00', 1772020800000000, 666666667, 1000000000, NULL, NULL, NULL, 1772020860000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-26T12:00:00+00:00', 1772107200000000, 1, 1, NULL, NULL, NULL, 1772107260000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-26T12:00:00+00:00', 1772107200000000, 666666667, 1000000000, NULL, NULL, NULL, 1772107260000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-27T12:00:00+00:00', 1772193600000000, 1, 1, NULL, NULL, NULL, 1772193660000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-27T12:00:00+00:00', 1772193600000000, 1, 1, NULL, NULL, NULL, 1772193660000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-27T12:00:00+00:00', 1772193600000000, 666666667, 1000000000, NULL, NULL, NULL, 1772193660000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-02-28T12:00:00+00:00', 1772280000000000, 1, 1, NULL, NULL, NULL, 1772280060000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-02-28T12:00:00+00:00', 1772280000000000, 1, 1, NULL, NULL, NULL, 1772280060000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-02-28T12:00:00+00:00', 1772280000000000, 666666667, 1000000000, NULL, NULL, NULL, 1772280060000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-01T12:00:00+00:00', 1772366400000000, 1, 1, NULL, NULL, NULL, 1772366460000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-03-01T12:00:00+00:00', 1772366400000000, 1, 1, NULL, NULL, NULL, 1772366460000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-01T12:00:00+00:00', 1772366400000000, 666666667, 1000000000, NULL, NULL, NULL, 1772366460000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-02T12:00:00+00:00', 1772452800000000, 1, 1, NULL, NULL, NULL, 1772452860000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-03-02T12:00:00+00:00', 1772452800000000, 1, 1, NULL, NULL, NULL, 1772452860000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-02T12:00:00+00:00', 1772452800000000, 666666667, 1000000000, NULL, NULL, NULL, 1772452860000000);
INSERT INTO public.ai_slo_measurement VALUES (2, '2026-03-02T12:00:00+00:00', 1772452800000000, 1, 1, NULL, NULL, NULL, 1772452860000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-03T12:00:00+00:00', 1772539200000000, 1, 1, NULL, NULL, NULL, 1772539260000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-03-03T12:00:00+00:00', 1772539200000000, 1, 1, NULL, NULL, NULL, 1772539260000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-03T12:00:00+00:00', 1772539200000000, 666666667, 1000000000, NULL, NULL, NULL, 1772539260000000);
INSERT INTO public.ai_slo_measurement VALUES (2, '2026-03-03T12:00:00+00:00', 1772539200000000, 1, 1, NULL, NULL, NULL, 1772539260000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-04T12:00:00+00:00', 1772625600000000, 1, 1, NULL, NULL, NULL, 1772625660000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-03-04T12:00:00+00:00', 1772625600000000, 1, 1, NULL, NULL, NULL, 1772625660000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-04T12:00:00+00:00', 1772625600000000, 666666667, 1000000000, NULL, NULL, NULL, 1772625660000000);
INSERT INTO public.ai_slo_measurement VALUES (2, '2026-03-04T12:00:00+00:00', 1772625600000000, 1, 1, NULL, NULL, NULL, 1772625660000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-05T12:00:00+00:00', 1772712000000000, 1, 1, NULL, NULL, NULL, 1772712060000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-03-05T12:00:00+00:00', 1772712000000000, 1, 1, NULL, NULL, NULL, 1772712060000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-05T12:00:00+00:00', 1772712000000000, 666666667, 1000000000, NULL, NULL, NULL, 1772712060000000);
INSERT INTO public.ai_slo_measurement VALUES (2, '2026-03-05T12:00:00+00:00', 1772712000000000, 0, 1, NULL, NULL, NULL, 1772712060000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-06T12:00:00+00:00', 1772798400000000, 1, 1, NULL, NULL, NULL, 1772798460000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-06T12:00:00+00:00', 1772798400000000, 666666667, 1000000000, NULL, NULL, NULL, 1772798460000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-07T12:00:00+00:00', 1772884800000000, 1, 1, NULL, NULL, NULL, 1772884860000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-03-07T12:00:00+00:00', 1772884800000000, 0, 1, NULL, NULL, NULL, 1772884860000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-07T12:00:00+00:00', 1772884800000000, 666666667, 1000000000, NULL, NULL, NULL, 1772884860000000);
INSERT INTO public.ai_slo_measurement VALUES (4, '2026-03-07T12:00:00+00:00', 1772884800000000, 1, 1, NULL, NULL, NULL, 1772884860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T11:00:00+00:00', 1772967600000000, 51, 100, NULL, NULL, NULL, 1772967660000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-08T12:00:00+00:00', 1772971200000000, 1, 1, NULL, NULL, NULL, 1772971260000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-03-08T12:00:00+00:00', 1772971200000000, 1, 1, NULL, NULL, NULL, 1772971260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T12:00:00+00:00', 1772971200000000, 52, 100, NULL, NULL, NULL, 1772971260000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-08T12:00:00+00:00', 1772971200000000, 666666667, 1000000000, NULL, NULL, NULL, 1772971260000000);
INSERT INTO public.ai_slo_measurement VALUES (4, '2026-03-08T12:00:00+00:00', 1772971200000000, 1, 1, NULL, NULL, NULL, 1772971260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T13:00:00+00:00', 1772974800000000, 53, 100, NULL, NULL, NULL, 1772974860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T14:00:00+00:00', 1772978400000000, 54, 100, NULL, NULL, NULL, 1772978460000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T15:00:00+00:00', 1772982000000000, 55, 100, NULL, NULL, NULL, 1772982060000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T16:00:00+00:00', 1772985600000000, 56, 100, NULL, NULL, NULL, 1772985660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T17:00:00+00:00', 1772989200000000, 57, 100, NULL, NULL, NULL, 1772989260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T18:00:00+00:00', 1772992800000000, 58, 100, NULL, NULL, NULL, 1772992860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T19:00:00+00:00', 1772996400000000, 59, 100, NULL, NULL, NULL, 1772996460000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T20:00:00+00:00', 1773000000000000, 60, 100, NULL, NULL, NULL, 1773000060000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T21:00:00+00:00', 1773003600000000, 61, 100, NULL, NULL, NULL, 1773003660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T22:00:00+00:00', 1773007200000000, 62, 100, NULL, NULL, NULL, 1773007260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-08T23:00:00+00:00', 1773010800000000, 63, 100, NULL, NULL, NULL, 1773010860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T00:00:00+00:00', 1773014400000000, 64, 100, NULL, NULL, NULL, 1773014460000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T01:00:00+00:00', 1773018000000000, 65, 100, NULL, NULL, NULL, 1773018060000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T02:00:00+00:00', 1773021600000000, 66, 100, NULL, NULL, NULL, 1773021660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T03:00:00+00:00', 1773025200000000, 67, 100, NULL, NULL, NULL, 1773025260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T04:00:00+00:00', 1773028800000000, 68, 100, NULL, NULL, NULL, 1773028860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T05:00:00+00:00', 1773032400000000, 69, 100, NULL, NULL, NULL, 1773032460000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T06:00:00+00:00', 1773036000000000, 70, 100, NULL, NULL, NULL, 1773036060000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T07:00:00+00:00', 1773039600000000, 71, 100, NULL, NULL, NULL, 1773039660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T08:00:00+00:00', 1773043200000000, 72, 100, NULL, NULL, NULL, 1773043260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T09:00:00+00:00', 1773046800000000, 73, 100, NULL, NULL, NULL, 1773046860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T10:00:00+00:00', 1773050400000000, 74, 100, NULL, NULL, NULL, 1773050460000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T11:00:00+00:00', 1773054000000000, 75, 100, NULL, NULL, NULL, 1773054060000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-09T12:00:00+00:00', 1773057600000000, 1, 1, NULL, NULL, NULL, 1773057660000000);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-03-09T12:00:00+00:00', 1773057600000000, 0, 1, NULL, NULL, NULL, 1773057660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T12:00:00+00:00', 1773057600000000, 76, 100, NULL, NULL, NULL, 1773057660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T13:00:00+00:00', 1773061200000000, 77, 100, NULL, NULL, NULL, 1773061260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T14:00:00+00:00', 1773064800000000, 78, 100, NULL, NULL, NULL, 1773064860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T15:00:00+00:00', 1773068400000000, 79, 100, NULL, NULL, NULL, 1773068460000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T16:00:00+00:00', 1773072000000000, 80, 100, NULL, NULL, NULL, 1773072060000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T17:00:00+00:00', 1773075600000000, 81, 100, NULL, NULL, NULL, 1773075660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T18:00:00+00:00', 1773079200000000, 82, 100, NULL, NULL, NULL, 1773079260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T19:00:00+00:00', 1773082800000000, 83, 100, NULL, NULL, NULL, 1773082860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T20:00:00+00:00', 1773086400000000, 84, 100, NULL, NULL, NULL, 1773086460000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T21:00:00+00:00', 1773090000000000, 85, 100, NULL, NULL, NULL, 1773090060000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T22:00:00+00:00', 1773093600000000, 86, 100, NULL, NULL, NULL, 1773093660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-09T23:00:00+00:00', 1773097200000000, 87, 100, NULL, NULL, NULL, 1773097260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T00:00:00+00:00', 1773100800000000, 88, 100, NULL, NULL, NULL, 1773100860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T01:00:00+00:00', 1773104400000000, 89, 100, NULL, NULL, NULL, 1773104460000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T02:00:00+00:00', 1773108000000000, 90, 100, NULL, NULL, NULL, 1773108060000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T03:00:00+00:00', 1773111600000000, 91, 100, NULL, NULL, NULL, 1773111660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T04:00:00+00:00', 1773115200000000, 92, 100, NULL, NULL, NULL, 1773115260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T05:00:00+00:00', 1773118800000000, 93, 100, NULL, NULL, NULL, 1773118860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T06:00:00+00:00', 1773122400000000, 94, 100, NULL, NULL, NULL, 1773122460000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T07:00:00+00:00', 1773126000000000, 95, 100, NULL, NULL, NULL, 1773126060000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T08:00:00+00:00', 1773129600000000, 96, 100, NULL, NULL, NULL, 1773129660000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T09:00:00+00:00', 1773133200000000, 97, 100, NULL, NULL, NULL, 1773133260000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T10:00:00+00:00', 1773136800000000, 98, 100, NULL, NULL, NULL, 1773136860000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T11:00:00+00:00', 1773140400000000, 99, 100, NULL, NULL, NULL, 1773140460000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-10T11:40:00+00:00', 1773142800000000, 0, 1, 0.25, 'data_drift', '{"model_version": "4", "d\u00e9tail": "a \"b\"; c\n\\"}', 1773142860000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-10T11:45:00+00:00', 1773143100000000, 0, 1, 0.25, 'data_drift', '{"model_version": "4", "d\u00e9tail": "a \"b\"; c\n\\"}', 1773143160000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-10T11:50:00+00:00', 1773143400000000, 0, 1, 0.25, 'data_drift', '{"model_version": "4", "d\u00e9tail": "a \"b\"; c\n\\"}', 1773143460000000);
INSERT INTO public.ai_slo_measurement VALUES (6, '2026-03-10T11:55:00+00:00', 1773143700000000, 0, 1, 0.25, 'data_drift', '{"model_version": "4", "d\u00e9tail": "a \"b\"; c\n\\"}', 1773143760000000);
INSERT INTO public.ai_slo_measurement VALUES (5, '2026-03-10T12:00:00+00:00', 1773144000000000, 100, 100, NULL, NULL, NULL, 1773144060000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-10T12:00:00+00:00', 1773144000000000, 666666667, 1000000000, NULL, NULL, NULL, 1773144060000000);
INSERT INTO public.ai_slo_measurement VALUES (1, '2026-03-09T12:00:00+00:00', 1773057600000000, 1000000000, 3000000000, NULL, NULL, NULL, 1773144000000000);
INSERT INTO public.ai_slo_measurement VALUES (7, '2026-03-09T12:00:00+00:00', 1773057600000000, 0, 1, NULL, NULL, NULL, 1773144000000000);
INSERT INTO public.ai_slo_measurement VALUES (7, '2026-03-10T12:00:00+00:00', 1773144000000000, 1, 1, NULL, NULL, NULL, 1773144000000000);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-01-30T12:00:00.000000Z', 1769774400000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1769781600000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-01-31T12:00:00.000000Z', 1769860800000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1769868000000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-01T12:00:00.000000Z', 1769947200000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1769954400000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-02T12:00:00.000000Z', 1770033600000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1770040800000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-03T12:00:00.000000Z', 1770120000000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1770127200000001);
INSERT INTO public.ai_slo_measurement VALUES (3, '2026-03-06T12:00:00+00:00', 1772798400000000, 0, 1, NULL, NULL, NULL, 1773151200000000);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-04T12:00:00.000000Z', 1770206400000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1770213600000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-05T12:00:00.000000Z', 1770292800000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1770300000000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-06T12:00:00.000000Z', 1770379200000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1770386400000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-07T12:00:00.000000Z', 1770465600000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1770472800000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-08T12:00:00.000000Z', 1770552000000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1770559200000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-18T12:00:00.000000Z', 1771416000000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1771423200000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-02-26T12:00:00.000000Z', 1772107200000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1772114400000001);
INSERT INTO public.ai_slo_measurement VALUES (3, 'missing/2026-03-10T12:00:00.000000Z', 1773144000000000, 0, 1, NULL, 'missing_run', '{"estimate": "true"}', 1773151200000001);
INSERT INTO public.ai_slo_measurement VALUES (6, 'late', 1772366400000000, 0, 1, NULL, NULL, NULL, 1773151200000000);

INSERT INTO public.ai_slo_outbox VALUES (4, 'freeze:1:started:20260310T120000.000000Z@default', 'freeze:1', 'default', '{"version": 1, "kind": "freeze_started", "title": "Frozen: reading", "at": "2026-03-10T12:00:00+00:00", "thread_key": "freeze:1", "dedup_key": "freeze:1:started:20260310T120000.000000Z", "severity": null, "service": "reading", "slo": "", "facts": [["Service", "reading"], ["Frozen since", "2026-03-10 12:00 UTC"]], "body": ["corrected: budget left -147% (7 bad, 2.84 allowed; spent by other 7), since 2026-03-10 12:00 UTC.", "corrected: thaws when more than 5% of its budget is left, or after 5 good runs in a row over at least a day.", "A release or an override, with author and reason, lets changes through earlier.", "Changes labelled p0, reliability, security pass."], "links": [], "since": "2026-03-10T12:00:00+00:00", "figures": {"mode": "hard"}}', 1773144000000000, 'pending', false, false, 0, 0, NULL, NULL);
INSERT INTO public.ai_slo_outbox VALUES (1, 'incident:1:opened:20260310T120000.000000Z@ops', 'incident:1', 'ops', '{"version": 1, "kind": "incident_opened", "title": "Ticket: expected", "at": "2026-03-10T12:00:00+00:00", "thread_key": "incident:1", "dedup_key": "incident:1:opened:20260310T120000.000000Z", "severity": "ticket", "service": "scoring", "slo": "expected", "facts": [["Service", "scoring"], ["SLO", "expected"], ["Budget left", "-100%: 6 bad runs, 3 allowed (estimate, 96% of 30d watched)"], ["SLI", "79.31%, objective 90% over 30d"], ["Since", "2026-03-10 12:00 UTC"], ["Spent by", "other 4, missing run 2"]], "body": ["Burning budget 2.5x over the last 8 runs and 5x over the last 4 runs, beyond 1x (ticket).", "Resolves when burn is back to 1x or less over the last 4 runs."], "links": [], "since": "2026-03-10T12:00:00+00:00", "figures": {"objective": 0.9, "window": "30d", "sli": 0.7931034482758621, "good": 23.0, "total": 29.0, "budget_allowed": 3.0, "budget_consumed": 6.0, "budget_remaining": -1.0, "coverage": 0.9666666666666667, "burn_rate_2 runs": 5.0, "burn_rate_8 runs": 2.5, "burn_rate_4 runs": 5.0, "burn_rate_30d": 2.0689655172413794}}', 1773144000000000, 'sent', false, false, 1, 1773144120000018, 1773144000000018, NULL);
INSERT INTO public.ai_slo_outbox VALUES (2, 'incident:2:opened:20260310T120000.000000Z@ops', 'incident:2', 'ops', '{"version": 1, "kind": "incident_opened", "title": "Page: Spent by mistakes", "at": "2026-03-10T12:00:00+00:00", "thread_key": "incident:2", "dedup_key": "incident:2:opened:20260310T120000.000000Z", "severity": "page", "service": "scoring", "slo": "spent", "facts": [["Service", "scoring"], ["SLO", "spent"], ["Budget left", "-22%: 4 bad runs, 3.3 allowed"], ["SLI", "87.878%, objective 90% over 30d"], ["Since", "2026-03-10 12:00 UTC"], ["Spent by", "data drift 4"]], "body": ["Burning budget 10x over 1h, beyond 5x (page).", "Burning budget 10x over 6h, beyond 7x (ticket).", "Resolves when burn is back to 5x or less over 1h, and 7x or less over 6h."], "links": [], "since": "2026-03-10T12:00:00+00:00", "figures": {"objective": 0.9, "window": "30d", "sli": 0.8787878787878788, "good": 29.0, "total": 33.0, "budget_allowed": 3.3, "budget_consumed": 4.0, "budget_remaining": -0.21212121212121213, "coverage": 1.0, "burn_rate_1h": 10.0, "burn_rate_6h": 10.0, "burn_rate_30d": 1.2121212121212122}}', 1773144000000000, 'sent', false, false, 1, 1773144120089958, 1773144000089958, NULL);
INSERT INTO public.ai_slo_outbox VALUES (3, 'silence:4:20260308T120000.000000Z@default', 'silence:4:20260308T120000.000000Z', 'default', '{"version": 1, "kind": "notice", "title": "No data: quiet", "at": "2026-03-10T12:00:00+00:00", "thread_key": "silence:4:20260308T120000.000000Z", "dedup_key": "silence:4:20260308T120000.000000Z", "severity": null, "service": "reading", "slo": "quiet", "facts": [["Service", "reading"], ["SLO", "quiet"], ["No data since", "2026-03-08 12:00 UTC"], ["Expected by", "2026-03-09 00:00 UTC (12h)"]], "body": ["Nothing was recorded since. Its figures are those of what came in before, and say nothing about now.", "Silence decides nothing: no incident opens or resolves, no service freezes or thaws by it."], "links": [], "since": "2026-03-08T12:00:00+00:00", "figures": {}}', 1773144000000000, 'pending', true, false, 1, 1773144600380159, NULL, 'slow down');
INSERT INTO public.ai_slo_outbox VALUES (5, 'freeze:2:started:20260310T120000.000000Z@ops', 'freeze:2', 'ops', '{"version": 1, "kind": "freeze_started", "title": "Frozen: scoring", "at": "2026-03-10T12:00:00+00:00", "thread_key": "freeze:2", "dedup_key": "freeze:2:started:20260310T120000.000000Z", "severity": null, "service": "scoring", "slo": "", "facts": [["Service", "scoring"], ["Frozen since", "2026-03-10 12:00 UTC"]], "body": ["expected: budget left -100% (6 bad, 3 allowed; spent by other 4, missing run 2), since 2026-03-10 12:00 UTC.", "spent: budget left -22% (4 bad, 3.3 allowed; spent by data drift 4), since 2026-03-10 12:00 UTC.", "expected: thaws when more than 5% of its budget is left.", "Spent by mistakes: thaws when more than 5% of its budget is left.", "It ends by itself on 2026-03-15 12:00 UTC unless renewed.", "A release or an override, with author and reason, lets changes through earlier.", "Changes labelled p0, reliability, security pass."], "links": [], "since": "2026-03-10T12:00:00+00:00", "figures": {"mode": "hard"}}', 1773144000000000, 'sent', false, false, 1, 1773144120205989, 1773144000205989, NULL);
INSERT INTO public.ai_slo_outbox VALUES (6, 'freeze:2:overridden:1@ops', 'freeze:2', 'ops', '{"version": 1, "kind": "freeze_overridden", "title": "Override by ann: scoring", "at": "2026-03-10T13:00:00+00:00", "thread_key": "freeze:2", "dedup_key": "freeze:2:overridden:1", "severity": null, "service": "scoring", "slo": "", "facts": [["Service", "scoring"], ["Changes pass until", "2026-03-10 15:00 UTC"], ["Frozen since", "2026-03-10 12:00 UTC"]], "body": ["a fix"], "links": [], "since": "2026-03-10T12:00:00+00:00", "figures": {}}', 1773147600000000, 'pending', false, true, 0, 0, NULL, NULL);
INSERT INTO public.ai_slo_outbox VALUES (7, 'freeze:2:revoked:20260310T140000.000000Z@ops', 'freeze:2', 'ops', '{"version": 1, "kind": "freeze_override_revoked", "title": "Override revoked by bob: scoring", "at": "2026-03-10T14:00:00+00:00", "thread_key": "freeze:2", "dedup_key": "freeze:2:revoked:20260310T140000.000000Z", "severity": null, "service": "scoring", "slo": "", "facts": [["Service", "scoring"], ["Was given by", "ann, until 2026-03-10 15:00 UTC"], ["Frozen since", "2026-03-10 12:00 UTC"]], "body": ["it went out"], "links": [], "since": "2026-03-10T12:00:00+00:00", "figures": {}}', 1773151200000000, 'pending', false, true, 0, 0, NULL, NULL);

INSERT INTO public.ai_slo_override VALUES (1, 'scoring', 'ann', 'a fix', 1773147600000000, 1773154800000000, 1773151200000000);

INSERT INTO public.ai_slo_pause VALUES (1, 3, 1773140400000000, 1773144000000000, 'ann', 'a freeze of the warehouse');

INSERT INTO public.ai_slo_profile VALUES ('january', 1, '{"format": "airflow-ai-slo/profile", "version": 1, "name": "january", "created_at": "2026-03-10T12:00:00+00:00", "source": "a test", "rows": 300, "columns": {"delay": {"kind": "numeric", "rows": 300, "count": 300, "null_rate": 0.0, "edges": [1.0, 3.0, 4.0, 6.0, 8.0, 9.0, 11.0, 13.0, 15.0], "counts": [36, 36, 18, 36, 36, 18, 35, 34, 34, 17], "mean": 7.89, "std": 4.878992382312834, "min": 0.0, "max": 16.0}, "carrier": {"kind": "categorical", "rows": 300, "count": 300, "null_rate": 0.0, "categories": ["AA", "UA", "\u00c4"], "counts": [100, 100, 100], "other": 0, "rare": []}}, "skipped": {}}', 1773144000000000);

INSERT INTO public.ai_slo_run VALUES (6, 1770552000000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1770638400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770638400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1770724800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770724800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1770811200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770811200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1770897600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770897600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1770984000000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770984000000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771070400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771070400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771156800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771156800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771243200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771243200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771329600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771329600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771416000000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771502400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771502400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1771502400000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771588800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771588800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771675200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771675200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1771675200000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771761600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771761600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1771761600000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771848000000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771848000000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1771848000000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1771934400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771934400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1771934400000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772020800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772020800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1772020800000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772107200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1772107200000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772193600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772193600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772280000000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772280000000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1772280000000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772366400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1772366400000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772452800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772452800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (2, 1772452800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772539200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772539200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (2, 1772539200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772625600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772625600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (2, 1772625600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772712000000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772712000000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (2, 1772712000000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772798400000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772884800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772884800000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (4, 1772884800000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (5, 1772967600000000, 51, 100, 1, 1, 51, 100, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772971200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772971200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (5, 1772971200000000, 52, 100, 1, 1, 103, 200, 2, 2);
INSERT INTO public.ai_slo_run VALUES (4, 1772971200000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772798400000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1772366400000000, 1, 2, 1, 2, 1, 2, 1, 1);
INSERT INTO public.ai_slo_run VALUES (5, 1772974800000000, 53, 100, 1, 1, 156, 300, 3, 3);
INSERT INTO public.ai_slo_run VALUES (5, 1772978400000000, 54, 100, 1, 1, 210, 400, 4, 4);
INSERT INTO public.ai_slo_run VALUES (5, 1772982000000000, 55, 100, 1, 1, 265, 500, 5, 5);
INSERT INTO public.ai_slo_run VALUES (5, 1772985600000000, 56, 100, 1, 1, 321, 600, 6, 6);
INSERT INTO public.ai_slo_run VALUES (5, 1772989200000000, 57, 100, 1, 1, 378, 700, 7, 7);
INSERT INTO public.ai_slo_run VALUES (5, 1772992800000000, 58, 100, 1, 1, 436, 800, 8, 8);
INSERT INTO public.ai_slo_run VALUES (5, 1772996400000000, 59, 100, 1, 1, 495, 900, 9, 9);
INSERT INTO public.ai_slo_run VALUES (5, 1773000000000000, 60, 100, 1, 1, 555, 1000, 10, 10);
INSERT INTO public.ai_slo_run VALUES (5, 1773003600000000, 61, 100, 1, 1, 616, 1100, 11, 11);
INSERT INTO public.ai_slo_run VALUES (5, 1773007200000000, 62, 100, 1, 1, 678, 1200, 12, 12);
INSERT INTO public.ai_slo_run VALUES (5, 1773010800000000, 63, 100, 1, 1, 741, 1300, 13, 13);
INSERT INTO public.ai_slo_run VALUES (5, 1773014400000000, 64, 100, 1, 1, 805, 1400, 14, 14);
INSERT INTO public.ai_slo_run VALUES (5, 1773018000000000, 65, 100, 1, 1, 65, 100, 1, 1);
INSERT INTO public.ai_slo_run VALUES (5, 1773021600000000, 66, 100, 1, 1, 131, 200, 2, 2);
INSERT INTO public.ai_slo_run VALUES (5, 1773025200000000, 67, 100, 1, 1, 198, 300, 3, 3);
INSERT INTO public.ai_slo_run VALUES (5, 1773028800000000, 68, 100, 1, 1, 266, 400, 4, 4);
INSERT INTO public.ai_slo_run VALUES (5, 1773032400000000, 69, 100, 1, 1, 335, 500, 5, 5);
INSERT INTO public.ai_slo_run VALUES (5, 1773036000000000, 70, 100, 1, 1, 405, 600, 6, 6);
INSERT INTO public.ai_slo_run VALUES (5, 1773039600000000, 71, 100, 1, 1, 476, 700, 7, 7);
INSERT INTO public.ai_slo_run VALUES (5, 1773043200000000, 72, 100, 1, 1, 548, 800, 8, 8);
INSERT INTO public.ai_slo_run VALUES (5, 1773046800000000, 73, 100, 1, 1, 621, 900, 9, 9);
INSERT INTO public.ai_slo_run VALUES (5, 1773050400000000, 74, 100, 1, 1, 695, 1000, 10, 10);
INSERT INTO public.ai_slo_run VALUES (5, 1773054000000000, 75, 100, 1, 1, 770, 1100, 11, 11);
INSERT INTO public.ai_slo_run VALUES (6, 1773057600000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1773057600000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (5, 1773057600000000, 76, 100, 1, 1, 846, 1200, 12, 12);
INSERT INTO public.ai_slo_run VALUES (5, 1773061200000000, 77, 100, 1, 1, 923, 1300, 13, 13);
INSERT INTO public.ai_slo_run VALUES (5, 1773064800000000, 78, 100, 1, 1, 1001, 1400, 14, 14);
INSERT INTO public.ai_slo_run VALUES (5, 1773068400000000, 79, 100, 1, 1, 1080, 1500, 15, 15);
INSERT INTO public.ai_slo_run VALUES (5, 1773072000000000, 80, 100, 1, 1, 1160, 1600, 16, 16);
INSERT INTO public.ai_slo_run VALUES (5, 1773075600000000, 81, 100, 1, 1, 1241, 1700, 17, 17);
INSERT INTO public.ai_slo_run VALUES (5, 1773079200000000, 82, 100, 1, 1, 1323, 1800, 18, 18);
INSERT INTO public.ai_slo_run VALUES (5, 1773082800000000, 83, 100, 1, 1, 1406, 1900, 19, 19);
INSERT INTO public.ai_slo_run VALUES (5, 1773086400000000, 84, 100, 1, 1, 1490, 2000, 20, 20);
INSERT INTO public.ai_slo_run VALUES (5, 1773090000000000, 85, 100, 1, 1, 1575, 2100, 21, 21);
INSERT INTO public.ai_slo_run VALUES (5, 1773093600000000, 86, 100, 1, 1, 1661, 2200, 22, 22);
INSERT INTO public.ai_slo_run VALUES (5, 1773097200000000, 87, 100, 1, 1, 1748, 2300, 23, 23);
INSERT INTO public.ai_slo_run VALUES (5, 1773100800000000, 88, 100, 1, 1, 1836, 2400, 24, 24);
INSERT INTO public.ai_slo_run VALUES (5, 1773104400000000, 89, 100, 1, 1, 89, 100, 1, 1);
INSERT INTO public.ai_slo_run VALUES (5, 1773108000000000, 90, 100, 1, 1, 179, 200, 2, 2);
INSERT INTO public.ai_slo_run VALUES (5, 1773111600000000, 91, 100, 1, 1, 270, 300, 3, 3);
INSERT INTO public.ai_slo_run VALUES (5, 1773115200000000, 92, 100, 1, 1, 362, 400, 4, 4);
INSERT INTO public.ai_slo_run VALUES (5, 1773118800000000, 93, 100, 1, 1, 455, 500, 5, 5);
INSERT INTO public.ai_slo_run VALUES (5, 1773122400000000, 94, 100, 1, 1, 549, 600, 6, 6);
INSERT INTO public.ai_slo_run VALUES (5, 1773126000000000, 95, 100, 1, 1, 644, 700, 7, 7);
INSERT INTO public.ai_slo_run VALUES (5, 1773129600000000, 96, 100, 1, 1, 740, 800, 8, 8);
INSERT INTO public.ai_slo_run VALUES (5, 1773133200000000, 97, 100, 1, 1, 837, 900, 9, 9);
INSERT INTO public.ai_slo_run VALUES (5, 1773136800000000, 98, 100, 1, 1, 935, 1000, 10, 10);
INSERT INTO public.ai_slo_run VALUES (5, 1773140400000000, 99, 100, 0, 1, 1034, 1100, 10, 11);
INSERT INTO public.ai_slo_run VALUES (6, 1773142800000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (6, 1773143100000000, 0, 1, 1, 1, 0, 2, 2, 2);
INSERT INTO public.ai_slo_run VALUES (6, 1773143400000000, 0, 1, 1, 1, 0, 3, 3, 3);
INSERT INTO public.ai_slo_run VALUES (6, 1773143700000000, 0, 1, 1, 1, 0, 4, 4, 4);
INSERT INTO public.ai_slo_run VALUES (5, 1773144000000000, 100, 100, 0, 1, 1134, 1200, 10, 12);
INSERT INTO public.ai_slo_run VALUES (3, 1773144000000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (7, 1773057600000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (7, 1773144000000000, 1, 1, 0, 1, 1, 1, 0, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1769774400000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1769860800000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1769947200000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770033600000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770120000000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770206400000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770292800000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770379200000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770465600000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1770552000000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1771416000000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (3, 1772107200000000, 0, 1, 1, 1, 0, 1, 1, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1772452800000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1772539200000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1772625600000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1772712000000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1772884800000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1773057600000000, 1000000000, 3000000000, 1, 1, 1000000000, 3000000000, 1, 1);
INSERT INTO public.ai_slo_run VALUES (1, 1773144000000000, 666666667, 1000000000, 1, 1, 666666667, 1000000000, 1, 1);

INSERT INTO public.ai_slo_service VALUES ('scoring', '{"description": "", "freeze": {"exempt_labels": ["p0", "reliability", "security"], "for_at_most": "5d", "mode": "hard", "slos": [], "thaw_above": null, "thaw_after_good_runs": null}, "labels": {"team": "ml"}, "name": "scoring", "notify": ["ops"]}');

INSERT INTO public.ai_slo_settled VALUES (3, 1772798400000000, 1773151200000000);

INSERT INTO public.ai_slo_silence VALUES (3, NULL, NULL);
INSERT INTO public.ai_slo_silence VALUES (1, 1773835200000000, NULL);
INSERT INTO public.ai_slo_silence VALUES (7, 1775736000000000, NULL);
INSERT INTO public.ai_slo_silence VALUES (4, 1773014400000000, 1772971200000000);
INSERT INTO public.ai_slo_silence VALUES (5, 1773158400000000, NULL);
INSERT INTO public.ai_slo_silence VALUES (6, 1773489300000000, NULL);

INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T11:00:00+00:00', 1772967600000000, '{"kind":"ddsketch-1","counts":[196,1,81,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T12:00:00+00:00', 1772971200000000, '{"kind":"ddsketch-1","counts":[195,1,82,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T13:00:00+00:00', 1772974800000000, '{"kind":"ddsketch-1","counts":[194,1,83,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T14:00:00+00:00', 1772978400000000, '{"kind":"ddsketch-1","counts":[193,1,84,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T15:00:00+00:00', 1772982000000000, '{"kind":"ddsketch-1","counts":[192,1,85,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T16:00:00+00:00', 1772985600000000, '{"kind":"ddsketch-1","counts":[191,1,86,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T17:00:00+00:00', 1772989200000000, '{"kind":"ddsketch-1","counts":[190,1,87,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T18:00:00+00:00', 1772992800000000, '{"kind":"ddsketch-1","counts":[189,1,88,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T19:00:00+00:00', 1772996400000000, '{"kind":"ddsketch-1","counts":[187,1,90,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T20:00:00+00:00', 1773000000000000, '{"kind":"ddsketch-1","counts":[186,1,91,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T21:00:00+00:00', 1773003600000000, '{"kind":"ddsketch-1","counts":[185,1,92,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T22:00:00+00:00', 1773007200000000, '{"kind":"ddsketch-1","counts":[184,1,93,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-08T23:00:00+00:00', 1773010800000000, '{"kind":"ddsketch-1","counts":[182,1,95,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T00:00:00+00:00', 1773014400000000, '{"kind":"ddsketch-1","counts":[181,1,96,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T01:00:00+00:00', 1773018000000000, '{"kind":"ddsketch-1","counts":[180,1,97,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T02:00:00+00:00', 1773021600000000, '{"kind":"ddsketch-1","counts":[178,1,99,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T03:00:00+00:00', 1773025200000000, '{"kind":"ddsketch-1","counts":[177,1,100,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T04:00:00+00:00', 1773028800000000, '{"kind":"ddsketch-1","counts":[175,1,102,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T05:00:00+00:00', 1773032400000000, '{"kind":"ddsketch-1","counts":[174,1,103,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T06:00:00+00:00', 1773036000000000, '{"kind":"ddsketch-1","counts":[172,1,105,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T07:00:00+00:00', 1773039600000000, '{"kind":"ddsketch-1","counts":[171,1,106,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T08:00:00+00:00', 1773043200000000, '{"kind":"ddsketch-1","counts":[169,1,108,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T09:00:00+00:00', 1773046800000000, '{"kind":"ddsketch-1","counts":[167,1,110,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T10:00:00+00:00', 1773050400000000, '{"kind":"ddsketch-1","counts":[165,1,112,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T11:00:00+00:00', 1773054000000000, '{"kind":"ddsketch-1","counts":[163,1,114,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T12:00:00+00:00', 1773057600000000, '{"kind":"ddsketch-1","counts":[161,1,116,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T13:00:00+00:00', 1773061200000000, '{"kind":"ddsketch-1","counts":[159,1,118,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T14:00:00+00:00', 1773064800000000, '{"kind":"ddsketch-1","counts":[157,1,120,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T15:00:00+00:00', 1773068400000000, '{"kind":"ddsketch-1","counts":[155,1,122,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T16:00:00+00:00', 1773072000000000, '{"kind":"ddsketch-1","counts":[153,1,124,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T17:00:00+00:00', 1773075600000000, '{"kind":"ddsketch-1","counts":[150,1,127,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T18:00:00+00:00', 1773079200000000, '{"kind":"ddsketch-1","counts":[148,1,129,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T19:00:00+00:00', 1773082800000000, '{"kind":"ddsketch-1","counts":[145,1,132,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T20:00:00+00:00', 1773086400000000, '{"kind":"ddsketch-1","counts":[142,1,135,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T21:00:00+00:00', 1773090000000000, '{"kind":"ddsketch-1","counts":[139,1,138,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T22:00:00+00:00', 1773093600000000, '{"kind":"ddsketch-1","counts":[136,1,141,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-09T23:00:00+00:00', 1773097200000000, '{"kind":"ddsketch-1","counts":[132,1,145,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T00:00:00+00:00', 1773100800000000, '{"kind":"ddsketch-1","counts":[129,1,148,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T01:00:00+00:00', 1773104400000000, '{"kind":"ddsketch-1","counts":[125,1,152,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T02:00:00+00:00', 1773108000000000, '{"kind":"ddsketch-1","counts":[120,1,157,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T03:00:00+00:00', 1773111600000000, '{"kind":"ddsketch-1","counts":[116,1,161,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T04:00:00+00:00', 1773115200000000, '{"kind":"ddsketch-1","counts":[110,1,167,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T05:00:00+00:00', 1773118800000000, '{"kind":"ddsketch-1","counts":[104,1,173,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T06:00:00+00:00', 1773122400000000, '{"kind":"ddsketch-1","counts":[98,1,179,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T07:00:00+00:00', 1773126000000000, '{"kind":"ddsketch-1","counts":[90,1,187,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T08:00:00+00:00', 1773129600000000, '{"kind":"ddsketch-1","counts":[81,1,196,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T09:00:00+00:00', 1773133200000000, '{"kind":"ddsketch-1","counts":[70,1,207,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T10:00:00+00:00', 1773136800000000, '{"kind":"ddsketch-1","counts":[55,1,222,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T11:00:00+00:00', 1773140400000000, '{"kind":"ddsketch-1","counts":[35,1,242,1]}');
INSERT INTO public.ai_slo_sketch VALUES (5, '2026-03-10T12:00:00+00:00', 1773144000000000, '{"kind":"ddsketch-1","counts":[0,1,277,1]}');

INSERT INTO public.ai_slo_sketch_day VALUES (5, 20520, '{"kind":"ddsketch-1","counts":[181,1,1,1,2,1,1,1,1,1,1,1,2,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,81,14]}');
INSERT INTO public.ai_slo_sketch_day VALUES (5, 20521, '{"kind":"ddsketch-1","counts":[129,1,3,1,4,1,3,1,3,1,3,1,3,1,2,1,3,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,2,1,1,1,2,1,1,1,2,1,1,1,2,1,97,24]}');
INSERT INTO public.ai_slo_sketch_day VALUES (5, 20522, '{"kind":"ddsketch-1","counts":[0,1,35,1,20,1,15,1,11,1,9,1,8,1,6,1,6,1,6,1,4,1,5,1,152,12]}');

INSERT INTO public.ai_slo_slo VALUES (4, 'quiet', 1, 'reading', true, '{"alerting": "none", "budgeting": "Occurrences", "confidence": null, "description": "", "display_name": "", "freeze": false, "indicator": {"source": "recorded", "spec": {}}, "labels": {}, "name": "quiet", "no_data_after": "12h", "notify": [], "objective": "9/10", "rerun": "replace", "rules": [], "runbook": "", "schedule": null, "service": "reading", "slice_target": null, "slice_window": null, "thaw_above": null, "thaw_after_good_runs": null, "unit": "", "window": {"duration": "30d"}}', '2c5d38e0958bedc1', '9/10', 'replace', 1, 0, NULL, NULL, NULL, false, false, 1769688000000000, NULL);
INSERT INTO public.ai_slo_slo VALUES (7, 'edited', 2, 'editing', true, '{"alerting": "none", "budgeting": "Occurrences", "confidence": null, "description": "", "display_name": "", "freeze": true, "indicator": {"source": "sql", "spec": {"query": "SELECT 2"}}, "labels": {}, "name": "edited", "no_data_after": "usual", "notify": [], "objective": "9/10", "rerun": "replace", "rules": [], "runbook": "", "schedule": null, "service": "editing", "slice_target": null, "slice_window": null, "thaw_above": null, "thaw_after_good_runs": null, "unit": "", "window": {"duration": "30d"}}', '8ca2d04074a932d3', '9/10', 'replace', 1, 1, NULL, NULL, NULL, false, false, 1773144000000000, NULL);
INSERT INTO public.ai_slo_slo VALUES (3, 'expected', 1, 'scoring', true, '{"alerting": "pipeline", "budgeting": "Occurrences", "confidence": null, "description": "", "display_name": "", "freeze": true, "indicator": {"source": "recorded", "spec": {}}, "labels": {}, "name": "expected", "no_data_after": "usual", "notify": [], "objective": "9/10", "rerun": "replace", "rules": [], "runbook": "", "schedule": {"cadence": "1d", "deadline": "2h", "end": null, "late": "bad", "start": "2026-01-29T12:00:00+00:00", "zone": "UTC"}, "service": "scoring", "slice_target": null, "slice_window": null, "thaw_above": null, "thaw_after_good_runs": null, "unit": "", "window": {"duration": "30d"}}', '2c5d38e0958bedc1', '9/10', 'replace', 1, 18, 1770638400000000, 1773144000000000, 1773237600000000, false, false, 1769688000000000, NULL);
INSERT INTO public.ai_slo_slo VALUES (5, 'read', 1, 'reading', true, '{"alerting": "none", "budgeting": "Occurrences", "confidence": null, "description": "", "display_name": "", "freeze": false, "indicator": {"source": "recorded", "spec": {}}, "labels": {}, "name": "read", "no_data_after": "usual", "notify": [], "objective": "99/100", "rerun": "replace", "rules": [], "runbook": "", "schedule": null, "service": "reading", "slice_target": null, "slice_window": null, "thaw_above": null, "thaw_after_good_runs": null, "unit": "", "window": {"duration": "30d"}}', '2c5d38e0958bedc1', '99/100', 'replace', 1, 48, NULL, NULL, NULL, false, true, 1769688000000000, NULL);
INSERT INTO public.ai_slo_slo VALUES (1, 'corrected', 1, 'reading', true, '{"alerting": "none", "budgeting": "Occurrences", "confidence": null, "description": "", "display_name": "", "freeze": true, "indicator": {"source": "recorded", "spec": {}}, "labels": {}, "name": "corrected", "no_data_after": "usual", "notify": [], "objective": "9/10", "rerun": "worst", "rules": [], "runbook": "", "schedule": null, "service": "reading", "slice_target": null, "slice_window": null, "thaw_above": null, "thaw_after_good_runs": null, "unit": "", "window": {"duration": "30d"}}', '2c5d38e0958bedc1', '9/10', 'worst', 1000000000, 21, NULL, NULL, NULL, true, false, 1769688000000000, NULL);
INSERT INTO public.ai_slo_slo VALUES (2, 'edited', 1, 'editing', false, '{"alerting": "none", "budgeting": "Occurrences", "confidence": null, "description": "", "display_name": "", "freeze": true, "indicator": {"source": "sql", "spec": {"query": "SELECT 1"}}, "labels": {}, "name": "edited", "no_data_after": "usual", "notify": [], "objective": "9/10", "rerun": "replace", "rules": [], "runbook": "", "schedule": null, "service": "editing", "slice_target": null, "slice_window": null, "thaw_above": null, "thaw_after_good_runs": null, "unit": "", "window": {"duration": "30d"}}', 'c465813d9f178b41', '9/10', 'replace', 1, 1, NULL, NULL, NULL, false, false, 1769688000000000, 1773144000000000);
INSERT INTO public.ai_slo_slo VALUES (6, 'spent', 1, 'scoring', true, '{"alerting": "seed", "budgeting": "Occurrences", "confidence": null, "description": "", "display_name": "Spent by mistakes", "freeze": true, "indicator": {"source": "recorded", "spec": {}}, "labels": {}, "name": "spent", "no_data_after": "usual", "notify": [], "objective": "9/10", "rerun": "replace", "rules": [], "runbook": "", "schedule": null, "service": "scoring", "slice_target": null, "slice_window": null, "thaw_above": null, "thaw_after_good_runs": null, "unit": "", "window": {"duration": "30d"}}', '2c5d38e0958bedc1', '9/10', 'replace', 1, 5, NULL, NULL, NULL, false, false, 1769688000000000, NULL);

INSERT INTO public.ai_slo_target VALUES ('ops', '{"channel": "#ops", "connection": "", "description": "", "kind": "slack", "mention": [], "name": "ops", "takes": []}');
INSERT INTO public.ai_slo_target VALUES ('away', '{"channel": "", "connection": "", "description": "", "kind": "slack", "mention": [], "name": "away", "takes": ["digest"]}');

INSERT INTO public.ai_slo_thread VALUES ('ops', 'incident:1', 'thread of incident:1');
INSERT INTO public.ai_slo_thread VALUES ('ops', 'incident:2', 'thread of incident:2');
INSERT INTO public.ai_slo_thread VALUES ('ops', 'freeze:2', 'thread of freeze:2');

INSERT INTO public.ai_slo_version VALUES ('0001');

SELECT pg_catalog.setval('public.ai_slo_audit_id_seq', 10, true);

SELECT pg_catalog.setval('public.ai_slo_correction_id_seq', 3, true);

SELECT pg_catalog.setval('public.ai_slo_freeze_id_seq', 2, true);

SELECT pg_catalog.setval('public.ai_slo_incident_event_id_seq', 2, true);

SELECT pg_catalog.setval('public.ai_slo_incident_id_seq', 2, true);

SELECT pg_catalog.setval('public.ai_slo_outbox_id_seq', 7, true);

SELECT pg_catalog.setval('public.ai_slo_override_id_seq', 1, true);

SELECT pg_catalog.setval('public.ai_slo_pause_id_seq', 1, true);

SELECT pg_catalog.setval('public.ai_slo_slo_id_seq', 7, true);

ALTER TABLE ONLY public.ai_slo_version
    ADD CONSTRAINT ai_slo_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY public.ai_slo_audit
    ADD CONSTRAINT pk_ai_slo_audit PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_slo_correction
    ADD CONSTRAINT pk_ai_slo_correction PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_slo_day
    ADD CONSTRAINT pk_ai_slo_day PRIMARY KEY (slo_id, day);

ALTER TABLE ONLY public.ai_slo_dropped
    ADD CONSTRAINT pk_ai_slo_dropped PRIMARY KEY (slo_id, start);

ALTER TABLE ONLY public.ai_slo_evaluation
    ADD CONSTRAINT pk_ai_slo_evaluation PRIMARY KEY (slo_id);

ALTER TABLE ONLY public.ai_slo_freeze
    ADD CONSTRAINT pk_ai_slo_freeze PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_slo_hold
    ADD CONSTRAINT pk_ai_slo_hold PRIMARY KEY (target);

ALTER TABLE ONLY public.ai_slo_incident
    ADD CONSTRAINT pk_ai_slo_incident PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_slo_incident_event
    ADD CONSTRAINT pk_ai_slo_incident_event PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_slo_measurement
    ADD CONSTRAINT pk_ai_slo_measurement PRIMARY KEY (slo_id, key);

ALTER TABLE ONLY public.ai_slo_outbox
    ADD CONSTRAINT pk_ai_slo_outbox PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_slo_override
    ADD CONSTRAINT pk_ai_slo_override PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_slo_pause
    ADD CONSTRAINT pk_ai_slo_pause PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_slo_profile
    ADD CONSTRAINT pk_ai_slo_profile PRIMARY KEY (name, version);

ALTER TABLE ONLY public.ai_slo_run
    ADD CONSTRAINT pk_ai_slo_run PRIMARY KEY (slo_id, at);

ALTER TABLE ONLY public.ai_slo_service
    ADD CONSTRAINT pk_ai_slo_service PRIMARY KEY (name);

ALTER TABLE ONLY public.ai_slo_settled
    ADD CONSTRAINT pk_ai_slo_settled PRIMARY KEY (slo_id, at);

ALTER TABLE ONLY public.ai_slo_silence
    ADD CONSTRAINT pk_ai_slo_silence PRIMARY KEY (slo_id);

ALTER TABLE ONLY public.ai_slo_sketch
    ADD CONSTRAINT pk_ai_slo_sketch PRIMARY KEY (slo_id, key);

ALTER TABLE ONLY public.ai_slo_sketch_day
    ADD CONSTRAINT pk_ai_slo_sketch_day PRIMARY KEY (slo_id, day);

ALTER TABLE ONLY public.ai_slo_slo
    ADD CONSTRAINT pk_ai_slo_slo PRIMARY KEY (id);

ALTER TABLE ONLY public.ai_slo_target
    ADD CONSTRAINT pk_ai_slo_target PRIMARY KEY (name);

ALTER TABLE ONLY public.ai_slo_thread
    ADD CONSTRAINT pk_ai_slo_thread PRIMARY KEY (target, thread_key);

ALTER TABLE ONLY public.ai_slo_outbox
    ADD CONSTRAINT uq_ai_slo_outbox_dedup_key UNIQUE (dedup_key);

ALTER TABLE ONLY public.ai_slo_slo
    ADD CONSTRAINT uq_ai_slo_slo_name_generation UNIQUE (name, generation);

CREATE INDEX ix_ai_slo_audit_actor ON public.ai_slo_audit USING btree (service, actor);

CREATE INDEX ix_ai_slo_audit_service ON public.ai_slo_audit USING btree (service, at);

CREATE INDEX ix_ai_slo_correction_slo ON public.ai_slo_correction USING btree (slo_id);

CREATE INDEX ix_ai_slo_dropped_start ON public.ai_slo_dropped USING btree (start);

CREATE UNIQUE INDEX ix_ai_slo_freeze_open ON public.ai_slo_freeze USING btree (service) WHERE (until IS NULL);

CREATE INDEX ix_ai_slo_freeze_service ON public.ai_slo_freeze USING btree (service, since);

CREATE INDEX ix_ai_slo_incident_event_incident_id ON public.ai_slo_incident_event USING btree (incident_id);

CREATE UNIQUE INDEX ix_ai_slo_incident_open ON public.ai_slo_incident USING btree (slo_id) WHERE (resolved_at IS NULL);

CREATE INDEX ix_ai_slo_incident_slo ON public.ai_slo_incident USING btree (slo_id, opened_at);

CREATE INDEX ix_ai_slo_measurement_at ON public.ai_slo_measurement USING btree (slo_id, at);

CREATE INDEX ix_ai_slo_outbox_due ON public.ai_slo_outbox USING btree (state, next_attempt_at);

CREATE INDEX ix_ai_slo_outbox_thread ON public.ai_slo_outbox USING btree (thread_key);

CREATE INDEX ix_ai_slo_override_service ON public.ai_slo_override USING btree (service, expires_at);

CREATE INDEX ix_ai_slo_pause_slo ON public.ai_slo_pause USING btree (slo_id, start);

CREATE INDEX ix_ai_slo_silence_due ON public.ai_slo_silence USING btree (due);

CREATE INDEX ix_ai_slo_sketch_at ON public.ai_slo_sketch USING btree (slo_id, at);

CREATE UNIQUE INDEX ix_ai_slo_slo_active ON public.ai_slo_slo USING btree (name) WHERE active;

CREATE INDEX ix_ai_slo_slo_service ON public.ai_slo_slo USING btree (service);

ALTER TABLE ONLY public.ai_slo_correction
    ADD CONSTRAINT fk_ai_slo_correction_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_day
    ADD CONSTRAINT fk_ai_slo_day_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_dropped
    ADD CONSTRAINT fk_ai_slo_dropped_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_evaluation
    ADD CONSTRAINT fk_ai_slo_evaluation_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_incident_event
    ADD CONSTRAINT fk_ai_slo_incident_event_incident_id_ai_slo_incident FOREIGN KEY (incident_id) REFERENCES public.ai_slo_incident(id);

ALTER TABLE ONLY public.ai_slo_incident
    ADD CONSTRAINT fk_ai_slo_incident_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_measurement
    ADD CONSTRAINT fk_ai_slo_measurement_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_pause
    ADD CONSTRAINT fk_ai_slo_pause_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_run
    ADD CONSTRAINT fk_ai_slo_run_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_settled
    ADD CONSTRAINT fk_ai_slo_settled_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_silence
    ADD CONSTRAINT fk_ai_slo_silence_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_sketch_day
    ADD CONSTRAINT fk_ai_slo_sketch_day_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);

ALTER TABLE ONLY public.ai_slo_sketch
    ADD CONSTRAINT fk_ai_slo_sketch_slo_id_ai_slo_slo FOREIGN KEY (slo_id) REFERENCES public.ai_slo_slo(id);
