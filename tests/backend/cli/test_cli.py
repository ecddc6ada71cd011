"""The command line: exit codes, JSON, parameters, data sets, Ctrl-C. With the tiny modules, so no torch is loaded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.graphs import Document, chain, document, node, single, wire
from torchwire.errors import ParameterParseError, PipelineError
from torchwire.headless import set_parameter
from torchwire.registry import Registry

ROOT = Path(__file__).parents[3]
WITH_TINY_MODULES = """
import sys
from torchwire import headless, cli
from torchwire.execution import settings
from torchwire.registry import Registry
Registry.installed = classmethod(lambda cls: cls.of(["tests.tiny_modules"]))
headless.EngineSettings = lambda **options: settings.EngineSettings(**options, preload=())
sys.exit(cli.main(sys.argv[1:]))
"""

Torchwire = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TORCHWIRE_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


@pytest.fixture
def torchwire(tmp_path: Path, environment: dict[str, str]) -> Torchwire:
    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", WITH_TINY_MODULES, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=200)

    return call


@pytest.fixture
def save(tmp_path: Path) -> Callable[[Document], Path]:
    def save(graph: Document) -> Path:
        path = tmp_path / "pipeline.json"
        path.write_text(json.dumps(graph))
        return path

    return save


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_run_that_completes_exits_with_0_and_tells_where_its_outputs_are(torchwire: Torchwire, save: Any) -> None:
    done = torchwire("run", save(chain(2)), "--json")
    assert done.returncode == 0, done.stderr
    events, last = lines(done)[:-1], lines(done)[-1]
    assert [event["seq"] for event in lines(done)] == list(range(1, len(events) + 2))
    assert (last["type"], last["status"]) == ("run.finished", "completed")
    assert {"run_id", "seconds", "nodes"} <= set(last)
    output = last["nodes"]["n1"]["outputs"]["result"]
    assert set(output) == {"type", "path", "digest"}
    assert sorted(file.name for file in Path(output["path"]).iterdir()) == ["content.txt", "file1.txt"]
    assert [event["type"] for event in events].count("run.finished") == 0


def test_a_second_run_is_reused(torchwire: Torchwire, save: Any) -> None:
    torchwire("run", save(chain(2)))
    nodes = lines(torchwire("run", save(chain(2)), "--json"))[-1]["nodes"]
    assert [state["reused"] for state in nodes.values()] == [True, True]


def test_a_run_that_fails_exits_with_1(torchwire: Torchwire, save: Any) -> None:
    done = torchwire("run", save(single("fails-on-run")), "--json")
    assert done.returncode == 1
    assert lines(done)[-1]["nodes"]["only"]["error"]["code"] == "1000"


def test_people_see_what_happened(torchwire: Torchwire, save: Any) -> None:
    done = torchwire("run", save(single("fails-on-run", how="known")))
    assert "Fails on run only" in done.stdout
    assert "The data set is empty. Choose another one." in done.stdout
    assert "Run failed" in done.stdout


def test_people_see_why_a_node_failed_and_what_to_do(torchwire: Torchwire, save: Any) -> None:
    done = torchwire("run", save(single("takes-memory", megabytes=4000, within="own limit", limit_megabytes=600)))
    assert done.returncode == 1
    assert "Takes memory ran out of memory" in done.stdout
    assert "What to do: Halve batch size, from 64 to 32." in done.stdout
    assert "--set only.batch_size=32" in done.stdout
    assert "taking memory" in done.stdout.partition("The last lines that it printed:")[2]


def test_what_a_node_prints_does_not_move_the_cursor(torchwire: Torchwire, save: Any) -> None:
    done = torchwire("run", save(single("raises", what="escape")))
    assert "\x1b[" not in done.stdout
    assert "red alert" in done.stdout


@pytest.mark.parametrize("graph", [single("sorce"), single("add-file"), document(), {"format": "x"}])
def test_an_invalid_pipeline_exits_with_2_and_tells_every_fault(torchwire: Torchwire, save: Any, graph: Any) -> None:
    path = save(graph)
    done = torchwire("run", path, "--json")
    assert done.returncode == 2
    assert lines(done)[0]["faults"]
    checked = torchwire("validate", path, "--json")
    assert (checked.returncode, lines(checked)[0]["valid"]) == (2, False)
    assert lines(checked)[0]["faults"] == lines(done)[0]["faults"]


@pytest.mark.parametrize("content", ["not json", "[" * 100_000, ""])
def test_a_file_that_is_no_pipeline_exits_with_2(torchwire: Torchwire, tmp_path: Path, content: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(content)
    done = torchwire("run", path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_missing_file_or_argument_exits_with_2(torchwire: Torchwire) -> None:
    assert torchwire("run", "nothing.json").returncode == 2
    assert torchwire("run").returncode == 2
    assert torchwire("fly").returncode == 2


def test_a_valid_pipeline_is_told_so(torchwire: Torchwire, save: Any) -> None:
    done = torchwire("validate", save(chain(2)))
    assert (done.returncode, "is valid" in done.stdout) == (0, True)


def test_parameters_can_be_set(torchwire: Torchwire, save: Any) -> None:
    done = torchwire("run", save(chain(2)), "--set", "n0.content=a=b", "--set", "n1.name=other", "--json")
    folder = Path(lines(done)[-1]["nodes"]["n1"]["outputs"]["result"]["path"])
    assert (folder / "content.txt").read_text() == "a=b"
    assert (folder / "other.txt").exists()


@pytest.mark.parametrize("change", ["n0", "n0.content", "n9.content=x", "n0.contents=x", "sleep.milliseconds=many"])
def test_a_parameter_that_cannot_be_set_exits_with_2(torchwire: Torchwire, save: Any, change: str) -> None:
    graph = chain(2)
    graph["nodes"].append(node("sleep", "sleeps"))
    assert torchwire("run", save(graph), "--set", change).returncode == 2


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("a.b.milliseconds=5", 5),
        ("a.b.milliseconds=-5", -5),
    ],
)
def test_a_value_is_read_by_its_kind(change: str, value: object) -> None:
    graph = document(node("a.b", "sleeps"))
    set_parameter(graph, change, Registry.of(["tests.tiny_modules"]))
    assert graph["nodes"][0]["parameters"] == {"milliseconds": value}


@pytest.mark.parametrize("change", ["a.milliseconds=1.5", "a.milliseconds="])
def test_a_value_of_another_kind_is_refused(change: str) -> None:
    with pytest.raises(ParameterParseError):
        set_parameter(document(node("a", "sleeps")), change, Registry.of(["tests.tiny_modules"]))


def test_a_node_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(PipelineError) as caught:
        set_parameter(chain(2), "n00.content=x", Registry.of(["tests.tiny_modules"]))
    assert caught.value.hint == "Did you mean 'n0'?"


def test_an_unknown_target_exits_with_2(torchwire: Torchwire, save: Any) -> None:
    done = torchwire("run", save(chain(1)), "--target", "moon")
    assert done.returncode == 2
    assert "'moon'" in done.stderr


def test_data_may_lie_anywhere_and_paths_start_at_the_current_folder(
    torchwire: Torchwire, save: Any, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.txt").write_text("x")
    done = torchwire("run", save(single("reads-data", path="data")), "--json")
    assert done.returncode == 0, done.stdout
    assert torchwire("run", save(single("reads-data", path="elsewhere"))).returncode == 2


def test_ctrl_c_cancels_and_exits_with_130(environment: dict[str, str], save: Any, tmp_path: Path) -> None:
    long = node("a", "sleeps", milliseconds=60_000)
    path = save(document(long, node("b", "identity"), wires=(wire("a.result", "b.folder"),)))
    command = [sys.executable, "-c", WITH_TINY_MODULES, "run", str(path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as process:
        assert process.stdout is not None
        while json.loads(process.stdout.readline())["type"] != "node.progress":
            pass
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        last = json.loads(process.stdout.read().splitlines()[-1])
        assert process.wait(60) == 130
    assert time.monotonic() - began < 20  # of the 60 that it would have slept
    assert last["status"] == "cancelled"
    assert {state["status"] for state in last["nodes"].values()} == {"cancelled"}


def test_a_run_stopped_by_ctrl_c_goes_on_when_it_is_started_again(
    torchwire: Torchwire, environment: dict[str, str], save: Any, tmp_path: Path
) -> None:
    path = save(document(node("a", "counts", to=5, hold_at=3, flag=str(tmp_path / "flag"))))
    command = [sys.executable, "-c", WITH_TINY_MODULES, "run", str(path), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as process:
        assert process.stdout is not None
        while json.loads(process.stdout.readline()).get("step") != 3:
            pass
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(60) == 130
    (tmp_path / "flag").touch()
    done = torchwire("run", path)
    assert done.returncode == 0
    assert "goes on after number 3 of 5, from the run cancelled at" in done.stdout
    assert "Goes on after 3 of 5" in done.stdout


def test_a_home_in_use_is_told_and_exits_with_2(torchwire: Torchwire, save: Any, new_place: Any) -> None:
    new_place().start()
    done = torchwire("run", save(chain(1)))
    assert done.returncode == 2
    assert "is in use by a Torchwire engine" in done.stderr
    assert "--home" in done.stderr


def test_modules_targets_runs_and_version_are_listed(torchwire: Torchwire, save: Any) -> None:
    torchwire("run", save(chain(1)))
    assert "add-file" in {found["id"] for found in lines(torchwire("modules", "--json"))[0]["modules"]}
    assert lines(torchwire("targets", "--json"))[0]["targets"][0]["id"] == "local-cpu"
    assert lines(torchwire("runs", "--json"))[0]["runs"][0]["status"] == "completed"
    assert torchwire("version").stdout.strip()
    for command in ("modules", "targets", "runs"):
        assert torchwire(command).returncode == 0


def test_a_part_can_be_run(torchwire: Torchwire, save: Any) -> None:
    done = torchwire("run", save(chain(3)), "--until", "n0", "--json")
    assert (done.returncode, set(lines(done)[-1]["nodes"])) == (0, {"n0"})
    done = torchwire("run", save(chain(3)), "--only", "n1")
    assert (done.returncode, "n1" in done.stdout, "n2" in done.stdout) == (0, True, False)
    done = torchwire("run", save(chain(3)), "--only", "nn")
    assert (done.returncode, "has no node 'nn'" in done.stderr) == (2, True)


def test_room_is_shown_and_made(torchwire: Torchwire, save: Any) -> None:
    torchwire("run", save(single("source", content="x" * 4000)))
    shown = lines(torchwire("storage", "--json"))[0]
    assert shown["used"]["artifacts"] > 4000 and shown["runs"][0]["size_alone"] > 4000
    foreseen = torchwire("storage", "collect", "--dry-run")
    assert "1 artifacts and 0 checkpoints would be removed" in foreseen.stdout
    assert lines(torchwire("storage", "collect", "--down-to", "1GB", "--json"))[0]["artifacts"] == []
    (gone,) = lines(torchwire("storage", "collect", "--json"))[0]["artifacts"]
    assert gone["module"] == "source"
    shown = torchwire("storage")
    assert shown.returncode == 0 and "no budget" in shown.stdout
    refused = torchwire("storage", "collect", "--down-to", "much")
    assert (refused.returncode, "'much' is not a size" in refused.stderr) == (2, True)


def test_room_is_not_made_behind_a_server_s_back(torchwire: Torchwire, new_place: Any) -> None:
    new_place().start()
    done = torchwire("storage", "collect")
    assert (done.returncode, "is in use by" in done.stderr) == (2, True)
    assert torchwire("storage").returncode == 0
