"""Thirty days of free times of a half-booked provider by django-appointment.

Run by the peers' own Python (`build/peers`), which has Django; prints one JSON line with the
median CPU seconds and how many starts it found.
"""

import json
import statistics
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

import django
from django.conf import settings

ROUNDS = 5


def configure(folder: Path) -> None:
    settings.configure(
        SECRET_KEY="measured only",
        USE_TZ=True,
        TIME_ZONE="UTC",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "peer.db")}
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "appointment",
        ],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ROOT_URLCONF="appointment.urls",
        APPOINTMENT_WEBSITE_NAME="measured",
    )
    django.setup()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        configure(Path(name))
        from django.core.management import call_command

        call_command("migrate", verbosity=0, run_syncdb=True)
        from appointment import services
        from appointment.models import (
            Appointment,
            AppointmentRequest,
            Service,
            StaffMember,
            WorkingHours,
        )
        from django.contrib.auth import get_user_model

        user = get_user_model().objects.create_user("ana", "ana@example.org", "x")
        service = Service.objects.create(name="Cut", duration=timedelta(minutes=30), price=25)
        staff = StaffMember.objects.create(user=user, slot_duration=30, appointment_buffer_time=0)
        staff.services_offered.add(service)
        for weekday in range(7):
            WorkingHours.objects.create(
                staff_member=staff, day_of_week=weekday, start_time=clock(9), end_time=clock(18)
            )
        first = date.today() + timedelta(days=1)  # noqa: DTZ011 - the peer asks the machine
        days = [first + timedelta(days=n) for n in range(30)]
        for number, day in enumerate(days):
            for half in range(number % 2, 18, 2):
                start = datetime.combine(day, clock(9)) + timedelta(minutes=30 * half)
                request = AppointmentRequest.objects.create(
                    date=day,
                    start_time=start.time(),
                    end_time=(start + timedelta(minutes=30)).time(),
                    service=service,
                    staff_member=staff,
                )
                Appointment.objects.create(client=user, appointment_request=request)
        spent, found = [], 0
        for _ in range(ROUNDS):
            begun = time.process_time()
            found = sum(
                len(
                    services.get_available_slots_for_staff(
                        day, staff, day.isoweekday() % 7, service
                    )
                )
                for day in days
            )
            spent.append(time.process_time() - begun)
        print(json.dumps({"seconds": statistics.median(spent), "starts": found}))


if __name__ == "__main__":
    sys.exit(main())
