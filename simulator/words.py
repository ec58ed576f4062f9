"""Every word the simulator shows, in both languages. The portal's catalogue knows nothing of them."""

from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import lazy

WATERMARK_AR = "محاكاة لبيئة التطوير — ليست نفاذ. لا تُدخل بيانات حقيقية"
WATERMARK_EN = "Development simulator — not Nafath. Enter no real data"

WORDS: dict[str, tuple[str, str]] = {
    "watermark": (WATERMARK_AR, WATERMARK_EN),
    "brand": ("محاكي الدخول الموحد", "Single sign-on simulator"),
    "brand_small": ("بيئة التطوير", "Development environment"),
    "skip": ("انتقل إلى المحتوى", "Skip to content"),
    "phone": ("الجوال والبريد", "Phone and mailbox"),
    "phone_short": ("الجوال", "Phone"),
    "portal": ("بوابة بلاغات الانقطاع", "Outage reports portal"),
    "footer": (
        "أشخاص وأرقام وعناوين افتراضية، على هذا الجهاز وحده.",
        "Fictional people, numbers and addresses, on this machine only.",
    ),
    # sign in
    "sign_in": ("تسجيل الدخول", "Sign in"),
    "sign_in_by_id": ("الدخول برقم الهوية", "Sign in with an ID number"),
    "id_label": ("رقم الهوية الوطنية أو الإقامة", "National ID or Iqama number"),
    "id_hint": ("10 أرقام، يبدأ بـ 1 أو 2", "10 digits, starting with 1 or 2"),
    "id_empty": ("أدخل رقم الهوية أو الإقامة", "Enter your ID or Iqama number"),
    "id_letters": ("اكتب أرقامًا فقط", "Use digits only"),
    "id_length": ("رقم الهوية 10 أرقام، والمُدخل {count}", "An ID number has 10 digits; {count} were entered"),
    "id_first": ("يبدأ رقم الهوية بـ 1 أو 2", "An ID number starts with 1 or 2"),
    "id_luhn": (
        "رقم الهوية غير صحيح. تحقّق من الأرقام العشرة",
        "The ID number is not valid. Check the 10 digits",
    ),
    "id_unknown": (
        "لا يوجد شخص افتراضي بهذا الرقم. اختر بطاقة من القائمة",
        "No fictional person has this number. Choose a card from the list",
    ),
    "id_wait": (
        "استُنفدت المحاولات. يمكن طلب رمز جديد بعد {seconds} ثانية",
        "No tries left. A new code can be requested in {seconds} seconds",
    ),
    "next": ("متابعة", "Continue"),
    "people": ("الدخول بضغطة واحدة", "Sign in with one press"),
    "people_hint": (
        "أشخاص افتراضيون لتجربة كل دور، دون رمز تحقق.",
        "Fictional people for every role, without a code.",
    ),
    "group_entity": ("فرق الجهات", "Entities"),
    "group_authority": ("هيئة الحكومة الرقمية", "Digital Government Authority"),
    "group_refused": ("حالات تُرفض في البوابة", "Refused by the portal"),
    # code
    "code": ("رمز التحقق", "Verification code"),
    "code_sent": (
        "أدخل رمز التحقق المرسل إلى جوالك المسجّل في أبشر",
        "Enter the code sent to your mobile registered in Absher",
    ),
    "code_label": ("الرمز", "Code"),
    "code_hint": ("6 أرقام، صالح 3 دقائق", "6 digits, valid for 3 minutes"),
    "code_empty": ("أدخل رمز التحقق", "Enter the code"),
    "code_shape": ("رمز التحقق 6 أرقام", "The code has 6 digits"),
    "code_wrong": ("الرمز غير صحيح. المحاولات المتبقية: {left}", "The code is wrong. Tries left: {left}"),
    "code_spent": (
        "الرمز غير صحيح، واستُنفدت المحاولات الثلاث. أعد إرسال رمز جديد",
        "The code is wrong and the three tries are used. Send a new code",
    ),
    "code_expired": ("انتهت مدة الرمز. أعد إرسال رمز جديد", "The code expired. Send a new one"),
    "code_early": (
        "يمكن إعادة الإرسال بعد {seconds} ثانية",
        "The code can be sent again in {seconds} seconds",
    ),
    "resend": ("إعادة الإرسال", "Send again"),
    "resend_after": ("بعد", "in"),
    "seconds": ("ثانية", "seconds"),
    "open_phone": ("فتح الجوال لقراءة الرمز", "Open the phone to read the code"),
    "new_tab": ("في تبويب جديد", "in a new tab"),
    "other_person": ("الدخول بشخص آخر", "Sign in as someone else"),
    "code_sms": (
        "رمز الدخول إلى بوابة بلاغات الانقطاع: {code}\nصالح 3 دقائق. لا تشاركه مع أحد.",
        "Sign-in code for the outage reports portal: {code}\nValid for 3 minutes. Share it with nobody.",
    ),
    # reauth
    "reauth": ("تأكيد الهوية", "Confirm your identity"),
    "without_code": ("تأكيد دون رمز (للتجربة)", "Confirm without a code (for trials)"),
    "reauth_text": (
        "تطلب البوابة التحقق من جديد قبل المتابعة. يُرسل رمز إلى الجوال",
        "The portal asks for a fresh sign-in. A code will be sent to the mobile",
    ),
    "send_code": ("إرسال رمز التحقق", "Send the code"),
    # phone
    "sms": ("الرسائل النصية", "Text messages"),
    "mail": ("البريد الإلكتروني", "E-mail"),
    "to": ("إلى", "To"),
    "everyone": ("الجميع", "Everyone"),
    "filter": ("عرض رسائل", "Show messages of"),
    "show": ("عرض", "Show"),
    "no_sms": (
        "لا رسائل بعد. تظهر هنا رموز الدخول وتنبيهات البوابة.",
        "Nothing yet. Sign-in codes and the portal's alerts appear here.",
    ),
    "refused_sms": ("رسائل نصية رُفضت", "Text messages that were refused"),
    "refused_token": ("رمز الدخول خاطئ", "The token is wrong"),
    "refused_signature": ("التوقيع خاطئ أو قديم", "The signature is wrong, or too old"),
    "refused_number": ("الرقم مرفوض", "The number is refused"),
    "refused_down": ("البوابة معطلة", "The gateway is down"),
    "refused_form": ("ليست رسالة", "It is no message"),
    "no_mail": ("لا بريد بعد.", "No mail yet."),
    "fresh": ("تتجدد الصفحة تلقائيًا", "This page refreshes itself"),
    "unknown_person": ("مستلم غير معروف", "Unknown recipient"),
    # the app
    "app": ("التطبيق في الجوال", "The app on the phone"),
    "app_choose": (
        "تطلب بوابة بلاغات الانقطاع تأكيد الدخول. اختر الرقم الظاهر في صفحتها",
        "The outage reports portal asks to confirm a sign-in. Choose the number on its page",
    ),
    "app_reject": ("رفض", "Reject"),
    "app_empty": ("لا طلبات في الانتظار.", "No requests are waiting."),
    # faults
    "faults": ("ما يتعطل عمدًا", "What goes wrong on purpose"),
    "faults_short": ("الأعطال", "Faults"),
    "faults_text": (
        "تبقى صفحة الجوال وهذه الصفحة متاحتين مهما اختير هنا.",
        "The phone's page and this one stay up, whatever is chosen here.",
    ),
    "doors": ("أبواب الدخول", "The doors of sign-in"),
    "doors_now": ("الحالة الآن", "Now"),
    "faults_now": ("ما هو معطل الآن", "What goes wrong now"),
    "faults_none": ("لا شيء: كل شيء يعمل.", "Nothing: all works."),
    "fault": ("العطل", "Fault"),
    "fault_for": ("لمن", "For whom"),
    "fault_seconds": ("ثوانٍ، للمتأخر وحده", "Seconds, for the late one alone"),
    "fault_set": ("تطبيق", "Set it"),
    "fault_clear": ("إزالة", "Clear"),
    "fault_of_doors": ("تعطل الأبواب يكون للجميع", "The doors fail for everybody"),
    "fault_": ("يعمل", "Works"),
    "fault_503": ("الأبواب ترفض (503)", "The doors refuse (503)"),
    "fault_hang": ("الأبواب لا تجيب", "The doors hang"),
    "fault_slow": ("الأبواب بطيئة", "The doors are slow"),
    "fault_reject": ("يُرفض الطلب في التطبيق", "The app rejects"),
    "fault_expire": ("ينتهي الطلب في التطبيق", "The request expires"),
    "fault_no_callback": ("لا يصل الإثبات", "The proof never comes"),
    "fault_bad_signature": ("توقيع خاطئ", "Wrong signature"),
    "fault_bad_audience": ("مُوجَّه إلى غيرنا", "For another audience"),
    "fault_alg_none": ("بلا توقيع (none)", "Algorithm none"),
    "fault_hs256": ("HS256 بالمفتاح المعلن", "HS256 with the public key"),
    "fault_unknown_kid": ("مفتاح مجهول", "Unknown key"),
    "fault_other_subject": ("شخص آخر", "Another person"),
    "fault_late": ("إثبات متأخر", "A late proof"),
    "fault_duplicate": ("إثبات مكرر", "The proof comes twice"),
    "fault_bad_nonce": ("لطلب غير هذا (nonce)", "For another request (nonce)"),
    "fault_bad_issuer": ("من جهة إصدار أخرى", "From another issuer"),
    "fault_expired_token": ("رمز منتهي الصلاحية", "A token past its time"),
    "fault_sms_503": ("بوابة الرسائل النصية معطلة (503)", "The SMS gateway is down (503)"),
    "fault_sms_400": ("رقم الجوال مرفوض (400)", "The mobile number is refused (400)"),
    "fault_sms_undelivered": (
        "تُقبل الرسالة ثم يُبلَّغ أنها لم تصل إلى الرقم",
        "The SMS is taken, and a receipt says that the number is unknown",
    ),
    "fault_sms_expired": (
        "تُقبل الرسالة ثم يُبلَّغ أن الجوال كان مغلقًا",
        "The SMS is taken, and a receipt says that the telephone was off",
    ),
    "fault_sms_no_receipt": ("لا إيصال للرسائل النصية", "No receipts of SMS"),
    "fault_mail_550": ("عنوان البريد مرفوض (550)", "The e-mail address is refused (550)"),
    "fault_mix_up": ("العودة باسم جهة إصدار أخرى", "Sent back in another issuer's name"),
    # IAM
    "iam_back": ("العودة إلى البوابة", "Back to the portal"),
    "iam_refused": ("الطلب غير موقّع كما سُجّل", "The request is not signed as registered"),
    # errors
    "error_400": ("الطلب غير صالح", "The request is not valid"),
    "error_403": ("الطلب مرفوض", "The request was refused"),
    "error_404": ("الصفحة غير موجودة", "Page not found"),
    "error_500": ("حدث خطأ في المحاكي", "Something broke in the simulator"),
    "error_text": ("عد إلى البوابة وابدأ الدخول من جديد.", "Go back to the portal and start again."),
    "sign_out": ("تسجيل الخروج", "Sign out"),
    "sign_out_text": ("الخروج من محاكي الدخول الموحد أيضًا؟", "Sign out of the single sign-on simulator too?"),
    "stay": ("البقاء", "Stay signed in"),
    # roles and states
    "role_IT_LEADER": ("قائد تقنية المعلومات", "IT leader"),
    "role_DIRECTOR": ("إدارة فريق الأزمة", "Crisis team director"),
    "role_ALTERNATE": ("البديل عن الإدارة", "Alternate"),
    "role_MEMBER": ("عضو", "Member"),
    "role_HEAD_CONTACT": ("جهة الاتصال العليا", "Head contact"),
    "role_REVIEWER": ("مسؤول المتابعة", "Reviewer"),
    "role_LEAD": ("رئيس المناوبة", "Lead reviewer"),
    "role_AUDITOR": ("مدقق", "Auditor"),
    "role_ADMIN": ("مدير النظام", "Admin"),
    "state_ok": ("نشط", "Active"),
    "state_not_registered": ("غير مسجل في البوابة", "Not registered"),
    "state_suspended": ("عضوية موقوفة", "Membership suspended"),
    "state_ended": ("عضوية منتهية", "Membership ended"),
    "state_person_inactive": ("حساب معطّل", "Account inactive"),
    "state_entity_suspended": ("جهة موقوفة", "Entity suspended"),
    "entity_dga": ("هيئة الحكومة الرقمية", "Digital Government Authority"),
    "entity_demo": ("الجهة النموذجية {letter}", "Demo Entity {letter}"),
}
LETTERS = {"a": "أ", "b": "ب", "c": "ج", "d": "د", "e": "هـ", "f": "و", "g": "ز", "h": "ح", "x": "س"}


def say(key: str, **values: object) -> str:
    """The sentence in the language of this request."""
    arabic, english = WORDS[key]
    return (english if translation.get_language() == "en" else arabic).format(**values)


say_later = lazy(say, str)


def fault_words(name: str) -> str:
    """A fault of the table in words; one that has none yet is called by its name."""
    return say(f"fault_{name}") if f"fault_{name}" in WORDS else name


def entity_name(code: str) -> str:
    """`demo-a` as a person reads it."""
    letter = code.removeprefix("demo-")
    if letter not in LETTERS:
        return say(f"entity_{code}")
    return say("entity_demo", letter=letter.upper() if translation.get_language() == "en" else LETTERS[letter])


def words(request: HttpRequest) -> dict[str, object]:
    """Context processor: `{{ words.sign_in }}`, the language, and the way to the other one."""
    english = translation.get_language() == "en"
    return {
        "words": {key: pair[1 if english else 0] for key, pair in WORDS.items()},
        "lang": "en" if english else "ar",
        "dir": "ltr" if english else "rtl",
        "other_lang": "ar" if english else "en",
        "other_lang_name": "العربية" if english else "English",
    }
