# The fault of a job that checks in. Sourced by demo/break.
# shellcheck shell=bash disable=SC2154

check_in_missed() {
    need_running
    write_flag no-backup on
    told "nobody runs the backup any more, which checked in every 20 s, until: demo/break mend postgres"
}

mend_job() {
    if has_flag no-backup; then
        write_flag no-backup ''
        done_+=("its backup runs again, within 20 s")
    fi
}
