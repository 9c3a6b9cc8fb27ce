"""The tasks as tools of an assistant, through the official client of the protocol."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from importlib import util

import httpx
import pytest
from PIL import Image
from serving import Server, run_app

from plugins.shared.faces.examples import load_example
from registry.authoring.samples import write_sample
from registry.limits import SettingError
from registry.server.guard import GuardedBlocks
from registry.server.mcp import ADDRESS, invite_assistants
from tests.shared.faces.made import encoded

mcp = pytest.importorskip("mcp", reason="pip install -r requirements-mcp.txt")
from mcp.client import streamable_http  # noqa: E402

# Renamed within the versions that requirements-mcp.txt admits.
connect = getattr(streamable_http, "streamable_http_client", None) or (
    streamable_http.streamablehttp_client
)


@pytest.fixture(scope="module")
def server():
    server = Server({"PARAGONE_MCP": "1"})
    yield server
    server.stop()


@pytest.fixture(scope="module")
def assistant(server):
    """What a new assistant is answered: `assistant(lambda session: session.list_tools())`."""

    def ask(work):
        async def connected():
            async with (
                connect(server.url + ADDRESS) as (read, write, _),
                mcp.ClientSession(read, write) as session,
            ):
                await session.initialize()
                return await work(session)

        return asyncio.run(connected())

    return ask


@pytest.fixture(scope="module")
def call(assistant):
    return lambda tool, **given: assistant(lambda session: session.call_tool(tool, given))


@pytest.fixture(scope="module")
def tools(assistant):
    return {tool.name: tool for tool in assistant(lambda session: session.list_tools()).tools}


def uri(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def portrait(name: str) -> str:
    return uri(encoded(Image.fromarray(load_example(name).pixels)))


def words(answer) -> str:
    (content,) = answer.content
    return content.text


# --- the list ------------------------------------------------------------------------------------


def test_every_task_is_a_tool_under_its_own_name(tools, server):
    info = httpx.get(f"{server.url}gradio_api/info", timeout=300).json()["named_endpoints"]
    assert len(tools) == len(info)
    tasks = {"face_verification", "face_identification", "triplet_finetuning", "style_transfer"}
    assert tasks | {"activation_explorer", "enrol_face", "list_people"} <= set(tools)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in tools)


def test_the_list_reads_well(tools):
    for name, tool in tools.items():
        assert re.match(r"[A-Z].*\. ", tool.description), name
        assert "Returns: " in tool.description and ",," not in tool.description, name
        assert "upload_file_to_gradio" not in tool.description
        for field, schema in tool.inputSchema["properties"].items():
            said = schema["description"]
            assert said.endswith((".", "}")) and "type" in schema, (name, field)
            assert not said.endswith((" the", " key", " any")), f"{name}.{field} is cut"
            if "Gradio File" in schema.get("format", ""):
                assert set(schema) == {"type", "description", "format"}, (name, field)


def test_what_a_tool_needs_and_what_it_may_be_told(tools):
    schema = tools["face_verification"].inputSchema
    assert schema["required"] == ["picture_a", "picture_b"]
    assert schema["properties"]["metric"]["enum"] == ["euclidean", "squared", "cosine"]
    assert schema["properties"]["model"]["default"] == "dlib_resnet.faces_v1"
    assert "at least 40 pixels wide; of any kind where" in str(schema["properties"]["picture_a"])
    assert "data: URI" in tools["face_verification"].description
    assert "data: URI" not in tools["list_people"].description


# --- the calls -----------------------------------------------------------------------------------


def test_two_portraits_are_compared(call):
    given = {"picture_a": portrait("grace_hopper"), "picture_b": portrait("eileen_collins")}
    answer = json.loads(words(call("face_verification", **given)))
    assert answer["distance"] == pytest.approx(0.689, abs=0.01)
    assert (answer["verdict"], answer["same_person"]) == ("different people", False)
    lenient = json.loads(words(call("face_verification", **given, threshold=0.8)))
    assert lenient["same_person"] is True


def test_a_painting_comes_back_as_a_picture_and_its_figures_as_json(call, tmp_path):
    content, style = (uri(write_sample(m, tmp_path).read_bytes()) for m in ("picture", "face"))
    settings = json.dumps({"size": 64, "steps": 6})
    answer = call("style_transfer", content=content, style=style, settings=settings)
    picture, address, told = answer.content
    assert (picture.type, picture.mimeType) == ("image", "image/png")
    painted = Image.open(io.BytesIO(base64.b64decode(picture.data)))
    assert max(painted.size) == 64 and len(painted.getcolors(64 * 64)) > 50
    assert address.text.startswith("Image URL: http")
    assert json.loads(told.text)["steps"] == 6


def test_a_refusal_is_an_error_in_the_visitors_words(call, tmp_path):
    scene = uri(write_sample("picture", tmp_path).read_bytes())
    answer = call("face_verification", picture_a=scene, picture_b=scene)
    assert answer.isError and "No face was found" in words(answer)
    letter = uri(write_sample("text", tmp_path).read_bytes())
    answer = call("face_verification", picture_a=letter, picture_b=scene)
    assert answer.isError and "seems to be plain text" in words(answer)
    answer = call("face_verification", picture_a=scene)
    assert answer.isError and "picture_b" in words(answer)


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "10.0.0.7", "[::1]", "intranet"])
def test_nothing_is_fetched_from_this_machine_or_its_network(call, server, host):
    for address in (f"http://{host}/a.png", f"https://{host}/a.png"):
        answer = call("face_verification", picture_a=address, picture_b=address)
        assert answer.isError and "Nothing is fetched from this machine" in words(answer)


def test_a_file_of_the_server_cannot_be_named(call):
    answer = call("face_verification", picture_a=__file__, picture_b=__file__)
    assert answer.isError and "provide a url" in words(answer)


def test_what_one_assistant_brings_no_other_can_see(call):
    """A call is a visit of its own, so nothing can be enrolled in one, and this is said."""
    face = portrait("grace_hopper")
    for tool, given in (
        ("enrol_face", {"picture": face, "name": "Grace"}),
        ("face_identification", {"picture": face}),
        ("list_people", {}),
        ("delete_person", {"name": "Grace"}),
    ):
        answer = call(tool, **given)
        assert answer.isError and "A visit of an assistant ends with each call" in words(answer)
    answer = call("enrol_face", picture=face, name="Grace", gallery="kept")
    assert answer.isError and "visit of an assistant" not in words(answer)


# --- the switch ----------------------------------------------------------------------------------


def test_without_the_switch_there_are_no_tools(serve):
    plain = serve({"PARAGONE_PLUGINS": ""})
    assert httpx.post(plain.url + ADDRESS, json={}).status_code in (404, 405)


@pytest.mark.parametrize(
    ("environ", "has_mcp", "says"),
    [
        ({"PARAGONE_MCP": "yes"}, True, "PARAGONE_MCP is 'yes'; give 1, or 0"),
        ({"PARAGONE_MCP": "1"}, False, "pip install -r requirements-mcp.txt, or leave out --mcp"),
        ({"PARAGONE_MCP": "1", "AUTH": "1"}, True, "PARAGONE_AUTH do not go together"),
    ],
)
def test_a_switch_that_cannot_be_thrown_is_a_clear_error(monkeypatch, environ, has_mcp, says):
    found = util.find_spec
    monkeypatch.setattr(
        "registry.server.mcp.find_spec", lambda name: found(name) if has_mcp else None
    )
    page = GuardedBlocks(launch_defaults={"auth": environ.get("AUTH")}, analytics_enabled=False)
    with pytest.raises(SettingError, match=re.escape(says)):
        invite_assistants(page, environ)


def test_a_wrong_switch_ends_the_command_with_one_line():
    done = run_app({"PARAGONE_MCP": "perhaps"}, "plugins")
    assert done.returncode == 2 and "PARAGONE_MCP is 'perhaps'" in done.stderr.splitlines()[-1]
