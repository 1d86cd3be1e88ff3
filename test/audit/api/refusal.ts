// A log that cannot be written: whatever was to be audited must not have happened either.

import type { TestDatabase } from '../../setup/database.ts'

export interface Refusal {
  /** While `work` runs, the database refuses every event. */
  during<R>(work: () => Promise<R>): Promise<R>
  /** One text for all that the database holds, but for attempts: those are counted whatever becomes of them. */
  digest(): Promise<string>
}

export async function prepareRefusal({ admin }: TestDatabase): Promise<Refusal> {
  await admin('create table public.refusing (yes boolean)')
  await admin(`create function public.refuse_events() returns trigger language plpgsql security definer as $$
    begin
      if exists (select from public.refusing) then raise exception 'the log is full' using errcode = '53100'; end if;
      return new;
    end $$`)
  await admin(`create trigger refuse_events before insert on freehold.audit_events
    for each row execute function public.refuse_events()`)
  const tables = await admin(`select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'freehold' and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'sign_in_attempts'`)
  const parts = tables.map(
    ({ name }) => `select '${name}' as name, md5(string_agg(t::text, '' order by t::text)) from ${name} t`,
  )
  return {
    async during(work) {
      await admin('insert into public.refusing values (true)')
      try {
        return await work()
      } finally {
        await admin('delete from public.refusing')
      }
    },
    digest: async () => JSON.stringify(await admin(`${parts.join(' union all ')} order by name`)),
  }
}
