#!/usr/bin/env bats
#
# The documents say what the program does: options in --help, in the man pages and in the three completions are
# the same; each command has a page; examples are understood by the program. No test here makes a container,
# and none needs root.
#
# shellcheck disable=SC2016 # what stands in single quotes is for another shell, or is no expansion

load ../lib/common

setup()
{
	common_setup
	man=$REPO/man
	completions=$REPO/completions
}

need_tool()
{
	command -v "$1" >/dev/null || skip "$1 is not installed (scripts/deps test)"
}

# ---- what the program says -----------------------------------------------------------------------------------

# The options in the help text on stdin, "-m" and "--memory" one a line.
options_of_help()
{
	sed -nE 's/^ +((-[a-z]), )?(--[a-z0-9-]+).*/\2 \3/p' | tr ' ' '\n' | sed '/^$/d' | sort -u
}

help_of() { "$MINI_RUN" "$@" --help; }

commands_of_help()
{
	"$MINI_RUN" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort
}

long_only() { grep '^--'; }

# same_lists NAME NAME FILE FILE
same_lists()
{
	if [[ ! -s $3 || ! -s $4 ]]; then
		echo "an empty list: $1 or $2"
		return 1
	fi
	if ! cmp -s "$3" "$4"; then
		echo "options differ (< $1, > $2):"
		diff "$3" "$4"
		return 1
	fi
}

# ---- man pages -----------------------------------------------------------------------------------------------

# The options that the page has entries for.
options_of_page()
{
	sed -nE 's/^\.It Fl //p' "$1" |
		awk '{ for (i = 1; i <= NF; i++)
			if ($i ~ /^-[a-z]/) print "-" $i
			else if (i == 1) print "-" $i }' | sort -u
}

@test "every option of run --help is in mini-run-run(1), and the other way round" {
	cd "$BATS_TEST_TMPDIR"
	help_of run | options_of_help >help
	options_of_page "$man/mini-run-run.1" >page
	same_lists "run --help" "mini-run-run(1)" help page
}

@test "every option of --help is in mini-run(1), and the other way round" {
	cd "$BATS_TEST_TMPDIR"
	help_of | options_of_help >help
	options_of_page "$man/mini-run.1" >page
	same_lists "--help" "mini-run(1)" help page
}

@test "every option of each other command is in its page, or is one that every command has" {
	local command

	cd "$BATS_TEST_TMPDIR"
	help_of | options_of_help >global
	for command in $(commands_of_help); do
		help_of "$command" | options_of_help >help
		{ options_of_page "$man/mini-run-$command.1"; grep -v -e '-v' global; } | sort -u >page
		same_lists "$command --help" "mini-run-$command(1)" help page
	done
}

@test "every command has a page, is in mini-run(1), and is referred to from there" {
	local command

	[[ $(commands_of_help) ]]
	for command in $(commands_of_help); do
		echo "command: $command"
		[[ -s $man/mini-run-$command.1 ]]
		grep -qx "\.It Cm $command" "$man/mini-run.1"
		grep -qE "^\.Xr mini-run-$command 1" "$man/mini-run.1"
	done
}

# The names in the table of commands, without those that only refuse, and without `help`.
commands_of_source()
{
	sed -nE '/^} commands\[\] = \{$/,/^\};/s/^\t\{"([a-z]+)", .*/\1/p' "$REPO/src/main.c" |
		grep -vx -e help -e checkpoint -e restore | sort
}

@test "every command of the table in main.c is in --help, and those that only refuse are not" {
	[[ $(commands_of_source | wc -l) -gt 10 ]]
	expect_equal "$(commands_of_help)" "$(commands_of_source)"
}

@test "README.md shows how each command is used, or names it" {
	local command

	for command in $(commands_of_source); do
		echo "command: $command"
		grep -qE "mini-run $command( |\$)|\`$command\`" "$REPO/README.md"
	done
}

@test "every page is about a command that there is" {
	local page command

	for page in "$man"/mini-run-*.1; do
		command=${page##*/mini-run-}
		echo "page: $page"
		commands_of_help | grep -qx "${command%.1}"
	done
}

@test "mandoc finds nothing wrong with the pages" {
	need_tool mandoc
	run mandoc -T lint -W warning "$man"/*.1
	show_result
	[[ $status == 0 && -z $output ]]
}

# ---- completions ---------------------------------------------------------------------------------------------

# bash_complete WORD...: what is offered for the last one. Readline parts words at = and : as well: so do we.
bash_complete()
{
	bash --norc -c '
		source "$1"
		shift
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_mini_run
		((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"
	' bash "$completions/mini-run.bash" "$@"
}

@test "bash completes every option of run, and of each other command" {
	local command

	cd "$BATS_TEST_TMPDIR"
	help_of | options_of_help | long_only >help
	bash_complete mini-run -- | sort >offered
	same_lists "--help" "bash" help offered
	for command in $(commands_of_help); do
		help_of "$command" | options_of_help | long_only >help
		bash_complete mini-run "$command" -- | sort >offered
		same_lists "$command --help" "bash" help offered
	done
}

@test "bash completes commands, values, directories for ROOTFS, and paths in it" {
	mkdir -p "$BATS_TEST_TMPDIR"/here/{one,two}/bin
	cd "$BATS_TEST_TMPDIR/here"
	touch three one/bin/program
	expect_equal "$(bash_complete mini-run '' | sort)" "$(commands_of_help)"
	expect_equal "$(bash_complete mini-run run '' | sort | xargs)" "one two"
	expect_equal "$(bash_complete mini-run run -m 5m --trace o)" one
	expect_equal "$(bash_complete mini-run run --memory = 5m o)" one
	expect_equal "$(bash_complete mini-run run -v ./a : /b : ro o)" one
	expect_equal "$(bash_complete mini-run run one /bin/p)" /bin/program
	expect_equal "$(bash_complete mini-run run --network '' | sort | xargs)" "/run/netns/ host none"
	expect_equal "$(bash_complete mini-run run --tty = o | xargs)" "on off"
	expect_equal "$(bash_complete mini-run run --report = json : th)" three
	expect_equal "$(bash_complete mini-run run --security-opt seccomp = u)" unconfined
	expect_equal "$(bash_complete mini-run --root /tmp run --log-format j)" json
	# What is behind ROOTFS belongs to the command.
	expect_equal "$(bash_complete mini-run run one sh --m)" ""
}

fish_complete()
{
	HOME=$BATS_TEST_TMPDIR fish --no-config -c '
		source $argv[1]
		complete -C "$argv[2]"
	' "$completions/mini-run.fish" "$1" | cut -f 1
}

fish_options() { { fish_complete "$1 -"; fish_complete "$1 --"; } | sed 's/=$//' | sort -u; }

@test "fish completes every option of run, and of each other command" {
	local command

	need_tool fish
	cd "$BATS_TEST_TMPDIR"
	help_of | options_of_help >help
	fish_options "mini-run" >offered
	same_lists "--help" "fish" help offered
	for command in $(commands_of_help); do
		help_of "$command" | options_of_help >help
		fish_options "mini-run $command" >offered
		same_lists "$command --help" "fish" help offered
	done
}

@test "fish completes commands, values, directories for ROOTFS, and paths in it" {
	need_tool fish
	mkdir -p "$BATS_TEST_TMPDIR"/here/{one,two}/bin
	cd "$BATS_TEST_TMPDIR/here"
	touch three one/bin/program
	expect_equal "$(fish_complete 'mini-run ' | sort)" "$(commands_of_help)"
	expect_equal "$(fish_complete 'mini-run run ' | sort | xargs)" "one/ two/"
	expect_equal "$(fish_complete 'mini-run run -m 5m --trace o')" one/
	expect_equal "$(fish_complete 'mini-run run -v ./a:/b:ro o')" one/
	expect_equal "$(fish_complete 'mini-run run one /bin/p')" /bin/program
	expect_equal "$(fish_complete 'mini-run run --network h')" host
	expect_equal "$(fish_complete 'mini-run run --tty=' | sort | xargs)" "--tty=auto --tty=off --tty=on"
	expect_equal "$(fish_complete 'mini-run --root /tmp run --log-format j')" json
	expect_equal "$(fish_complete 'mini-run run one sh --m')" ""
}

# What zsh's completion hands to _arguments, reduced to the names of options.
zsh_options()
{
	zsh -f -c '
		_arguments() { print -rl -- "$@"; state=argument; }
		completion=$1
		words=("${@[2,-1]}")
		mini_run() { source $completion; }
		mini_run || true
	' zsh "$completions/_mini-run" "$@" |
		sed -nE 's/^(\([^)]*\))?\*?(--?[a-z][a-z0-9-]*)[-+=]*\[.*/\2/p' | sort -u
}

@test "zsh completes every option of run, and of each other command" {
	local command

	need_tool zsh
	cd "$BATS_TEST_TMPDIR"
	help_of | options_of_help >help
	zsh_options none >offered
	same_lists "--help" "zsh" help offered
	for command in $(commands_of_help); do
		# The first _arguments is that of mini-run itself, whose --version no command has.
		help_of "$command" | options_of_help >help
		zsh_options "$command" | { [[ $command == run ]] && grep -vx -e --version || grep -vx -e -v -e --version; } >offered
		same_lists "$command --help" "zsh" help offered
	done
}

# zsh_offers TYPED REGEX: the screen after a tab matches.
zsh_offers()
{
	tmux_type C-u
	tmux_type -l "$1"
	tmux_type Tab
	tmux_wait "$2"
}

@test "zsh completes commands, options, values, directories for ROOTFS, and paths in it" {
	need_tool zsh
	need_tool tmux
	mkdir -p "$BATS_TEST_TMPDIR"/here/{onedir,twodir}/bin "$BATS_TEST_TMPDIR/zsh"
	touch "$BATS_TEST_TMPDIR/here/onefile" "$BATS_TEST_TMPDIR/here/onedir/bin/program"
	cat >"$BATS_TEST_TMPDIR/zsh/.zshrc" <<-RC
		PS1='ready> '
		fpath=($completions \$fpath)
		autoload -Uz compinit
		compinit -D -u
		setopt no_beep
		cd $BATS_TEST_TMPDIR/here
	RC
	tmux_start env ZDOTDIR="$BATS_TEST_TMPDIR/zsh" zsh -i
	tmux_wait '^ready>'
	zsh_offers 'mini-run che' '^ready> mini-run check'
	zsh_offers 'mini-run run --memory-r' 'run --memory-reservation='
	zsh_offers 'mini-run run one' 'run onedir/'
	zsh_offers 'mini-run run -m 5m one' '5m onedir/'
	zsh_offers 'mini-run run onedir /bin/pro' 'onedir /bin/program'
	zsh_offers 'mini-run run --tty=of' 'tty=off'
	zsh_offers 'mini-run run --cap-add SYS_PTR' 'SYS_PTRACE'
}

# ---- examples ------------------------------------------------------------------------------------------------

# The commands of README.md's code blocks, one a line: "$ " in front and lines that end with a backslash.
examples_of_readme()
{
	awk '/^```/ { inside = !inside; next } inside' "$REPO/README.md" |
		sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' | sed -nE 's/^([$#] )?((sudo )?mini-run .*)/\2/p'
}

examples_of_pages()
{
	cat "$man"/*.1 | sed -e ':a' -e '/\\e$/N; s/\\e\n *//; ta' |
		sed -nE 's/^(\.Dl )?# (mini-run .*)/\2/p' | sed 's/\\(dq/"/g'
}

examples_of_help()
{
	{ help_of; help_of run; } | sed -n '/^Examples:/,$p' | sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' |
		sed -nE 's/^  (mini-run .*)/\1/p'
}

# Runs an example as it stands, in an empty directory. What follows `run` fails then because there is no root
# filesystem, which is looked for when all options have been understood; other commands because there is no container,
# no bundle. Nothing is to be run on this machine itself: / is replaced.
understood()
{
	local text example=${1/ \/ / .\/rootfs }

	mkdir -p "$BATS_TEST_TMPDIR/empty"
	text=$(cd "$BATS_TEST_TMPDIR/empty" && bash -c '
		mini-run() { "$MINI_RUN" --root "$PWD/state" "$@"; }
		sudo() { "$@"; }
		eval "$1"
	' bash "$example" 2>&1 </dev/null) || true
	if [[ $1 == *mini-run*' run '* && $1 != *' --help'* ]]; then
		expect_match "$text" 'rootfs does not exist'
	else
		[[ $text ]]
		if grep -E '^mini-run: .*(no such (option|command)| needs | takes | too many)' <<<"$text"; then
			return 1
		fi
	fi
}

all_understood()
{
	local example count=0

	while read -r example; do
		echo "example: $example"
		understood "$example"
		count=$((count + 1))
	done
	echo "examples: $count"
	((count >= $1))
}

@test "the program understands the examples of README.md" {
	all_understood 5 < <(examples_of_readme)
}

@test "the program understands the examples of the man pages" {
	all_understood 5 < <(examples_of_pages)
}

@test "the program understands the examples of --help" {
	all_understood 5 < <(examples_of_help | grep -v -e ' --log ')
}

@test "the documents name only files that there are" {
	local document name

	cd "$REPO"
	for document in README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md docs/*.md; do
		[[ -s $REPO/$document ]]
		for name in $(grep -oE '`(src|tests|scripts|docs|man|bench|completions)/[A-Za-z0-9_./-]+`' "$REPO/$document" |
			tr -d '`' | sort -u); do
			echo "$document: $name"
			[[ -e $REPO/$name ]]
		done
	done
}

# steps_of_source FILE...: the names in their tables of steps. steps_of_design HEADING: the first columns below it.
steps_of_source()
{
	local file

	for file in "$@"; do
		sed -nE 's/^\t\{"([^"]+)", [A-Za-z_0-9]+(, [a-z_A-Z0-9]+)?\},( \/\*.*)?$/\1/p' "$REPO/$file"
	done
}

steps_of_design()
{
	awk -v heading="## $1" '/^## / { inside = $0 == heading } inside && /^\| / {
		split($0, column, " *\\| *"); if (column[2] !~ /^(step|---)$/) print column[2] }' "$REPO/docs/design.md"
}

# rows_of_source FILE: how many rows its table has, however they are written.
rows_of_source() { sed -nE '/steps\[\] = \{$/,/^\};/p' "$REPO/$1" | grep -c '^	{'; }

@test "the tables of steps in docs/design.md are those of the source" {
	local file

	# None is missed because it is written otherwise.
	for file in src/host/start.c src/container/init.c src/host/exec.c src/container/enter.c; do
		echo "$file"
		[[ $(steps_of_source "$file" | wc -l) -gt 10 ]]
		expect_equal "$(steps_of_source "$file" | wc -l)" "$(rows_of_source "$file")"
	done
	expect_equal "$(steps_of_design 'The steps outside')" "$(steps_of_source src/host/start.c)"
	expect_equal "$(steps_of_design 'The steps inside')" "$(steps_of_source src/container/init.c)"
	expect_equal "$(steps_of_design 'The steps of exec')" \
		"$(steps_of_source src/host/exec.c src/container/enter.c)"
}
