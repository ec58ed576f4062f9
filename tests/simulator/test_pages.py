"""The pages people see: each mistake has its sentence, each page its watermark."""

import pytest
import requests

from tests.simulator.browser import WATERMARKS, Browser
from tests.simulator_process import Persona, Simulator


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "أدخل رقم الهوية أو الإقامة"),
        ("10000x0008", "اكتب أرقامًا فقط"),
        ("100000000", "رقم الهوية 10 أرقام، والمُدخل 9"),
        ("3000000004", "يبدأ رقم الهوية بـ 1 أو 2"),
        ("1000000009", "رقم الهوية غير صحيح. تحقّق من الأرقام العشرة"),
        ("1099999995", "لا يوجد شخص افتراضي بهذا الرقم"),
    ],
)
def test_each_wrong_id_has_its_own_sentence(browser: Browser, typed: str, sentence: str) -> None:
    answer = browser.post("/login/", national_id=typed)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_arabic_digits_and_spaces_are_an_id(browser: Browser) -> None:
    assert browser.post("/login/", national_id=" ١٠٠٠ ٠٠٠ ٠٠٨\u200f").status_code == 302


def test_three_wrong_codes_spend_it(simulator: Simulator, browser: Browser, khalid: Persona) -> None:
    path = browser.ask_for_code(khalid)
    code = simulator.latest_code(khalid)
    assert "المحاولات المتبقية: 2" in browser.post(path, code=wrong(code)).text
    assert "المحاولات المتبقية: 1" in browser.post(path, code=wrong(code)).text
    assert "استُنفدت المحاولات الثلاث" in browser.post(path, code=wrong(code)).text
    assert browser.post(path, code=code).status_code == 422
    assert "يمكن طلب رمز جديد بعد" in browser.post("/login/", national_id=khalid.national_id).text


def test_resend_waits_a_minute(simulator: Simulator, browser: Browser, khalid: Persona) -> None:
    path = browser.ask_for_code(khalid)
    early = browser.post(path.replace("/code/", "/code/resend/"))
    assert early.status_code == 429
    assert "يمكن إعادة الإرسال بعد" in early.text
    assert len(simulator.messages(khalid.mobile)) == 1


def test_used_code_opens_nothing_twice(simulator: Simulator, browser: Browser, khalid: Persona) -> None:
    path = browser.ask_for_code(khalid)
    code = simulator.latest_code(khalid)
    other = Browser(simulator)
    other_path = other.ask_for_code(khalid)
    assert browser.post(path, code=code).status_code == 302
    assert "انتهت مدة الرمز" in other.post(other_path, code=code).text


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org/", "/\\example.org/"])
def test_next_never_leaves_the_simulator(browser: Browser, khalid: Persona, target: str) -> None:
    answer = browser.post(f"/login/as/?next={target}", person="1")
    assert answer.headers["Location"] == "/phone/"


def test_language_is_kept_from_the_first_request(browser: Browser) -> None:
    assert '<html lang="en" dir="ltr">' in browser.get("/login/?ui_locales=en-GB%20ar").text
    assert "Text messages" in browser.get("/phone/").text
    assert '<html lang="ar" dir="rtl">' in browser.get("/phone/?ui_locales=ar").text


@pytest.mark.parametrize("path", ["/login/", "/code/", "/reauth/", "/phone/", "/nothing/", "/identity/o/logout"])
@pytest.mark.parametrize("known", [False, True])
def test_every_page_is_watermarked_and_guarded(browser: Browser, khalid: Persona, path: str, known: bool) -> None:
    if known:
        browser.press_card(khalid)
        browser.post("/login/", national_id=khalid.national_id)
    for language, watermark in WATERMARKS.items():
        page = browser.get(f"{path}?ui_locales={language}")
        assert watermark in page.text
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert policy.endswith(f"form-action 'self' {browser.simulator.portal_origin}")
        assert "style=" not in page.text
        assert "<script>" not in page.text


def test_form_without_its_token_is_refused(simulator: Simulator) -> None:
    answer = requests.post(f"{simulator.origin}/login/as/", data={"person": "1"}, timeout=30)
    assert answer.status_code == 403
    assert WATERMARKS["ar"] in answer.text


def test_it_answers_to_its_own_names_only(simulator: Simulator) -> None:
    answer = requests.get(f"{simulator.origin}/phone/", headers={"Host": "evil.example"}, timeout=30)
    assert answer.status_code == 400
