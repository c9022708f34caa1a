from django.urls import path

from operators import announcements, gauges, partners, support, views

urlpatterns = [
    path("metrics", gauges.told, name="metrics"),
    path("operators/", views.coaches, name="operators"),
    path("operators/partners/", partners.programs, name="operators_partners"),
    path("operators/stuck/", views.stuck_things, name="operators_stuck"),
    path("operators/books/", views.books_of_all, name="operators_books"),
    path("operators/stuck/events/<uuid:event_id>/again", views.event_again, name="operators_event_again"),
    path("operators/stuck/wakeups/<uuid:wakeup_id>/again", views.wakeup_again, name="operators_wakeup_again"),
    path("operators/questions/", support.questions, name="operators_questions"),
    path("operators/questions/<uuid:request_id>/", support.question, name="operators_question"),
    path("operators/announcements/", announcements.every, name="operators_announcements"),
    path("operators/announcements/new/", announcements.write, name="operators_announcement_new"),
    path(
        "operators/announcements/<uuid:announcement_id>/",
        announcements.announcement,
        name="operators_announcement",
    ),
    path(
        "operators/announcements/<uuid:announcement_id>/change/",
        announcements.write,
        name="operators_announcement_change",
    ),
    path(
        "operators/announcements/<uuid:announcement_id>/publish",
        announcements.publish,
        name="operators_publish",
    ),
    path(
        "operators/announcements/<uuid:announcement_id>/withdraw",
        announcements.withdraw,
        name="operators_withdraw",
    ),
    path("operators/waitlist/", views.waiting_list, name="operators_waitlist"),
    path("operators/waitlist/<uuid:entry_id>/invite", views.invite, name="operators_invite"),
]
