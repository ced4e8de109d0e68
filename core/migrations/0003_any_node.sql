CREATE TABLE "inventory_changes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"node_id" uuid NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"field" text NOT NULL,
	"before" text,
	"after" text
);
--> statement-breakpoint
CREATE TABLE "node_favourites" (
	"user_id" uuid NOT NULL,
	"node_id" uuid NOT NULL,
	CONSTRAINT "node_favourites_user_id_node_id_pk" PRIMARY KEY("user_id","node_id")
);
--> statement-breakpoint
CREATE TABLE "node_groups" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"rule" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "node_groups_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "push_reports" (
	"node_id" uuid PRIMARY KEY NOT NULL,
	"host_id" text NOT NULL,
	"report" jsonb,
	"reported_at" timestamp with time zone,
	"received_at" timestamp with time zone,
	CONSTRAINT "push_reports_host_id_unique" UNIQUE("host_id")
);
--> statement-breakpoint
CREATE TABLE "run_targets" (
	"run_id" uuid NOT NULL,
	"node_id" uuid NOT NULL,
	"job_id" uuid NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"outcome" text DEFAULT 'waiting' NOT NULL,
	"exit_code" integer,
	"signal" text,
	"reason" text,
	"stdout" "bytea" DEFAULT '\x'::bytea NOT NULL,
	"stderr" "bytea" DEFAULT '\x'::bytea NOT NULL,
	"stdout_bytes" bigint DEFAULT 0 NOT NULL,
	"stderr_bytes" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"carrier" text DEFAULT 'link' NOT NULL,
	"lease_until" timestamp with time zone,
	CONSTRAINT "run_targets_run_id_node_id_pk" PRIMARY KEY("run_id","node_id"),
	CONSTRAINT "run_targets_job_id_unique" UNIQUE("job_id")
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"command" jsonb NOT NULL,
	"timeout_ms" integer NOT NULL,
	"actor" text NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"cancelled_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "ssh_endpoints" (
	"node_id" uuid PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"port" integer NOT NULL,
	"ssh_user" text NOT NULL,
	"auth_kind" text NOT NULL,
	"auth_public_key" text,
	"credential_version" integer DEFAULT 1 NOT NULL,
	"jump" uuid[] DEFAULT '{}' NOT NULL,
	"host_key" text,
	"offered_host_key" text,
	"offered_at" timestamp with time zone,
	"learnt_host_keys" text[] DEFAULT '{}' NOT NULL,
	"rejected_host_key" text,
	"presence" text DEFAULT 'watched' NOT NULL,
	"metrics_interval_ms" integer DEFAULT 5000 NOT NULL,
	"allows_weak_algorithms" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "nodes" ALTER COLUMN "host_public_key" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "enroll_tokens" ADD COLUMN "for_node_id" uuid;--> statement-breakpoint
ALTER TABLE "node_credentials" ADD COLUMN "kind" text DEFAULT 'agent' NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "note" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "conflict" text;--> statement-breakpoint
ALTER TABLE "inventory_changes" ADD CONSTRAINT "inventory_changes_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "node_favourites" ADD CONSTRAINT "node_favourites_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "node_favourites" ADD CONSTRAINT "node_favourites_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "push_reports" ADD CONSTRAINT "push_reports_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_targets" ADD CONSTRAINT "run_targets_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_targets" ADD CONSTRAINT "run_targets_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ssh_endpoints" ADD CONSTRAINT "ssh_endpoints_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "inventory_changes_node_id_at_index" ON "inventory_changes" USING btree ("node_id","at");--> statement-breakpoint
CREATE INDEX "run_targets_node_id_outcome_index" ON "run_targets" USING btree ("node_id","outcome");--> statement-breakpoint
CREATE INDEX "run_targets_unfinished_index" ON "run_targets" USING btree ("lease_until") WHERE outcome in ('waiting', 'running');--> statement-breakpoint
CREATE INDEX "runs_started_at_index" ON "runs" USING btree ("started_at");--> statement-breakpoint
ALTER TABLE "enroll_tokens" ADD CONSTRAINT "enroll_tokens_for_node_id_nodes_id_fk" FOREIGN KEY ("for_node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;
--> statement-breakpoint
-- A node has several ways now: which ones is read off its credentials and its SSH access.
ALTER TABLE "nodes" DROP COLUMN "via";
