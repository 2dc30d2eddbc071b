# Runs a list of named parts to the end, whatever fails, and closes with a summary: one line a part,
# with its seconds. Sourced by scripts/check and scripts/test, after lib.sh.
# shellcheck shell=bash

part_names=()
part_results=()
part_seconds=()

part() { # NAME COMMAND...
    local name=$1 started=$SECONDS result=ok
    shift
    echo
    echo "== $name"
    "$@" < /dev/null || result="FAILED (code $?)"
    part_names+=("$name")
    part_results+=("$result")
    part_seconds+=($((SECONDS - started)))
}

# Prints the summary; fails if any part failed.
summary() {
    local i failed=0
    echo
    echo "== summary"
    for i in "${!part_names[@]}"; do
        printf '%-24s %5d s   %s\n' "${part_names[i]}" "${part_seconds[i]}" "${part_results[i]}"
        [[ ${part_results[i]} == ok ]] || failed=$((failed + 1))
    done
    printf '%-24s %5d s   %s\n' all "$SECONDS" "$([[ $failed -eq 0 ]] && echo ok || echo "$failed FAILED")"
    [[ $failed -eq 0 ]]
}

lint_parts() {
    part "lint" uv run --frozen ruff check .
    part "format" uv run --frozen ruff format --check .
    part "imports" uv run --frozen lint-imports
    part "types" uv run --frozen mypy
}
