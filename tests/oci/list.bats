#!/usr/bin/env bats
# list: the table, JSON, names alone; nothing where there is nothing.
#
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests run in subshells, with variables of bats and for bundle.bash

load ../lib/common
load ../lib/containers
load ../lib/bundle

@test "without containers: a header, an empty array, nothing [CLI-10]" {
	run_ok oci list
	expect_match "$output" '^ID +PID +STATUS +BUNDLE +CREATED +OWNER$'
	expect_equal "${#lines[@]}" 1
	run_ok oci list --format json
	expect_equal "$output" '[]'
	run_ok oci list --quiet
	expect_equal "$output" ""
	[[ ! -e $OCI_ROOT ]]
}

@test "containers in every state, as a table, as JSON in one line, and by name [CLI-10]" {
	bundle_make
	bundle_args sleep 1000
	a=$(container_id a) b=$(container_id b) c=$(container_id c)
	oci_create "$a"
	oci_run_detached "$b"
	oci_run_detached "$c"
	oci kill "$c" KILL
	oci_stopped "$c"
	run_ok oci list
	expect_match "${lines[0]}" '^ID +PID +STATUS +BUNDLE +CREATED +OWNER$'
	expect_match "${lines[1]}" "^$a +[1-9][0-9]* +created +$BUNDLE +20[0-9TZ:.-]+ +root$"
	expect_match "${lines[2]}" "^$b +[1-9][0-9]* +running +$BUNDLE "
	expect_match "${lines[3]}" "^$c +0 +stopped +$BUNDLE "
	expect_equal "${#lines[@]}" 4
	run_ok oci list -f json
	expect_equal "${#lines[@]}" 1
	expect_equal "$(jq -c 'map([.id, .status])' <<<"$output")" \
		"[[\"$a\",\"created\"],[\"$b\",\"running\"],[\"$c\",\"stopped\"]]"
	# Each object is the one of state.
	expect_equal "$(jq -cS '.[1]' <<<"$output")" "$(oci state "$b" | jq -cS .)"
	run_ok oci list -q
	expect_equal "$output" "$a"$'\n'"$b"$'\n'"$c"
}

@test "what is no container's is passed over, and what is damaged is told beside the others" {
	bundle_make
	bundle_args sleep 1000
	oci_create "$(container_id a)"
	oci_create "$(container_id b)"
	mkdir "$OCI_ROOT/.cache"
	echo text >"$OCI_ROOT/file"
	run_ok oci list -q
	expect_equal "$output" "$(container_id a)"$'\n'"$(container_id b)"
	echo '{' >"$OCI_ROOT/$(container_id a)/config.json"
	run_ok oci list --format json
	expect_equal "$(jq -c 'map(.id)' <<<"$output")" "[\"$(container_id b)\"]"
	expect_match "$stderr" "^mini-run: $(container_id a): configuration of container "
	rm -r "$OCI_ROOT/file" "$OCI_ROOT/.cache"
}

@test "a format that there is not [CLI-10] [CLI-21]" {
	expect_oci_error '--format yaml: is table or json' oci list --format yaml
	expect_oci_error 'one word too many: word' oci list word
}
